package inbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// submissions is a folder with a file for each transaction under way, named by its id. They are files rather than
// records because an envelope is hundreds of kilobytes and lives for seconds: a database would copy it around, and
// keep it in memory and on disk long after.
type submissions struct{ files disk.Files }

// unnamed is a file that is still being written; after a crash it is nothing.
const unnamed = ".part"

func openSubmissions(on disk.Medium, dir string) (submissions, error) {
	files, err := on.Files(dir)
	if err != nil {
		return submissions{}, fmt.Errorf("inbox: %w", err)
	}
	names, err := files.List()
	for _, name := range names {
		if strings.HasSuffix(name, unnamed) {
			err = errors.Join(err, files.Remove(name))
		}
	}
	if err != nil {
		return submissions{}, fmt.Errorf("inbox: %w", err)
	}
	return submissions{files}, nil
}

// add is durable when it returns: first the file's content, then its name.
func (s submissions) add(sub wallet.Submission) error {
	if sub.TxID == "" || strings.Trim(sub.TxID, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return fmt.Errorf("%q is no transaction id", sub.TxID)
	}
	part := sub.TxID + unnamed
	err := s.files.Write(part, encodeSubmission(sub))
	if err == nil {
		err = s.files.Rename(part, sub.TxID)
	}
	if err != nil {
		// On a full disk every try leaves a part, under a new name, until there is no room to recover in. A file that has
		// its name already is removed by Settle, once it is known that nothing was submitted.
		_ = s.files.Remove(part)
	}
	return err
}

// remove need not be durable: a submission that comes back after a power loss is followed up once more, or found to be
// settled when the inbox is opened.
func (s submissions) remove(txID string) error {
	err := s.files.Remove(txID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// each calls f with every submission.
func (s submissions) each(f func(txID string, ids []wallet.WorkID, envelope []byte) error) error {
	names, err := s.files.List()
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, unnamed) {
			continue
		}
		data, err := s.files.Read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // settled meanwhile
		}
		if err != nil {
			return fmt.Errorf("inbox: %w", err)
		}
		ids, envelope, err := decodeSubmission(data)
		if err == nil {
			err = f(name, ids, envelope)
		}
		if err != nil {
			return fmt.Errorf("inbox: submission %s: %w", name, err)
		}
	}
	return nil
}

func encodeSubmission(s wallet.Submission) []byte {
	b := make([]byte, 0, len(s.Envelope)+32*len(s.Work)+16)
	b = binary.AppendUvarint(append(b, recordVersion), uint64(len(s.Work)))
	for _, w := range s.Work {
		b = append(b, w.ID[:]...)
	}
	return append(b, s.Envelope...)
}

// decodeSubmission returns an envelope that shares the data's memory.
func decodeSubmission(data []byte) (ids []wallet.WorkID, envelope []byte, err error) {
	r := disk.NewReader(data)
	version := r.Byte()
	ids = make([]wallet.WorkID, r.Count(32))
	for i := range ids {
		r.Fixed(ids[i][:])
	}
	envelope = r.Rest()
	if !r.End() || version != recordVersion {
		return nil, nil, errDamaged
	}
	return ids, envelope, nil
}
