package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDiskTakesWhatIsWritten(t *testing.T) {
	dir := t.TempDir()
	empty, err := DiskOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	const written = 1 << 20
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(dir, "below", "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(make([]byte, written)); err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(100 * written); err != nil {
		t.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		t.Fatal(err)
	}
	got, err := DiskOf(dir)
	if got -= empty; err != nil || got < written || got > 2*written {
		t.Errorf("%d bytes are on the disk, of %d written and a hole behind them; %v", got, written, err)
	}
	if _, err := DiskOf(dir, filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there has a size")
	}
}
