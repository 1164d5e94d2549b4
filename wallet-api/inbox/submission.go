package inbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// submissions is a folder with a file for each transaction under way, named by its id. They are files rather than
// records because an envelope is hundreds of kilobytes and lives for seconds: a database would copy it around, and
// keep it in memory and on disk long after.
type submissions struct{ dir string }

// unnamed is a file that is still being written; after a crash it is nothing.
const unnamed = ".part"

func openSubmissions(dir string) (submissions, error) {
	s := submissions{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, fmt.Errorf("inbox: %w", err)
	}
	parts, err := filepath.Glob(filepath.Join(dir, "*"+unnamed))
	for _, part := range parts {
		err = errors.Join(err, os.Remove(part))
	}
	if err != nil {
		return s, fmt.Errorf("inbox: %w", err)
	}
	return s, nil
}

// add is durable when it returns: first the file's content, then its name.
func (s submissions) add(sub wallet.Submission) error {
	if sub.TxID == "" || strings.Trim(sub.TxID, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return fmt.Errorf("%q is no transaction id", sub.TxID)
	}
	name := filepath.Join(s.dir, sub.TxID)
	err := writeFile(name+unnamed, encodeSubmission(sub))
	if err == nil {
		err = os.Rename(name+unnamed, name)
	}
	if err == nil {
		err = syncDir(s.dir)
	}
	if err != nil {
		// On a full disk every try leaves a part, under a new name, until there is no room to recover in. A file that has
		// its name already is removed by Settle, once it is known that nothing was submitted.
		_ = os.Remove(name + unnamed)
	}
	return err
}

func writeFile(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// remove need not be durable: a submission that comes back after a power loss is followed up once more, or found to be
// settled when the inbox is opened.
func (s submissions) remove(txID string) error {
	err := os.Remove(filepath.Join(s.dir, txID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// each calls f with every submission.
func (s submissions) each(f func(txID string, ids []wallet.WorkID, envelope []byte) error) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), unnamed) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(s.dir, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // settled meanwhile
		}
		if err != nil {
			return fmt.Errorf("inbox: %w", err)
		}
		ids, envelope, err := decodeSubmission(data)
		if err == nil {
			err = f(entry.Name(), ids, envelope)
		}
		if err != nil {
			return fmt.Errorf("inbox: submission %s: %w", entry.Name(), err)
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
