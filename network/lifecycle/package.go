package lifecycle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
)

// PackageType marks our packages; the external builder detects it.
const PackageType = "dollars-service"

// AddressFile is the one file of a package's code: where the contract service listens, for each peer if it has its own. Keys are not packaged: a package
// goes through many hands, and each organisation's builder adds its own.
const AddressFile = "address"

// Package makes the install package of a chaincode that runs as a service. Equal input gives equal bytes.
func Package(label, addresses string) ([]byte, error) {
	code, err := archive(file{AddressFile, []byte(addresses)})
	if err != nil {
		return nil, err
	}
	metadata, err := json.Marshal(map[string]string{"type": PackageType, "label": label})
	if err != nil {
		return nil, err
	}
	return archive(file{"metadata.json", metadata}, file{"code.tar.gz", code})
}

// PackageID is the name Fabric gives a package: label and hash.
func PackageID(label string, content []byte) string { return chaincode.GetPackageID(label, content) }

type file struct {
	name    string
	content []byte
}

// archive writes no times and does not compress: what compression makes may change between Go releases, and the hash of
// the package is its identity.
func archive(files ...file) ([]byte, error) {
	var buffer bytes.Buffer
	zip, err := gzip.NewWriterLevel(&buffer, gzip.NoCompression)
	if err != nil {
		return nil, err
	}
	list := tar.NewWriter(zip)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if err := list.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := list.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := list.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
