package fault

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/destinasia/dollars/network/native"
)

// diskSize is that of a small disk, in the words of mount: enough for what a part has after a few faults.
const diskSize = "size=512m"

// noMounts tells why disks cannot be made small here.
func noMounts() string {
	if os.Geteuid() != 0 {
		return "only root may mount the small disk that is to be full"
	}
	return ""
}

// fill moves a part's data to a small disk, has it go on from there, and then leaves no room on that disk.
func (r *rig) fill(part string) {
	r.Helper()
	data := native.Dir(r.Dir).Data(part)
	if r.disks[part] == nil {
		path := filepath.Join(r.TempDir(), "disk")
		if err := os.Mkdir(path, 0o755); err != nil {
			r.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", path, "tmpfs", 0, diskSize); err != nil {
			r.Fatalf("mount a small disk: %v", err)
		}
		// The part may still run when the test ends: it keeps its files until it has.
		r.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
		r.disks[part] = &disk{path: path}
		r.Kill(part)
		moved := filepath.Join(path, "data")
		if out, err := exec.Command("cp", "-a", data, moved).CombinedOutput(); err != nil {
			r.Fatalf("copy the data of %s: %v\n%s", part, err, out)
		}
		if err := errors.Join(os.RemoveAll(data), os.Symlink(moved, data)); err != nil {
			r.Fatal(err)
		}
		r.Up()
	}
	r.disks[part].logged = len(r.log(part))
	if err := fillUp(r.disks[part].filler()); err != nil {
		r.Fatal(err)
	}
}

// disk is a small one.
type disk struct {
	path   string
	logged int // bytes of the part's log when it was filled
}

func (d *disk) filler() string { return filepath.Join(d.path, "filler") }

func (r *rig) log(part string) string {
	r.Helper()
	text, err := os.ReadFile(native.Dir(r.Dir).Log(part))
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

// fillUp writes a file until there is no room.
func fillUp(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := file.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2] // to the last byte
		} else if err != nil {
			return err
		}
	}
	return nil
}

// empty makes room again, and starts the part anew: what could not write has to be.
func (r *rig) empty(part string) {
	r.Helper()
	if err := os.Remove(r.disks[part].filler()); err != nil {
		r.Fatal(err)
	}
	if record, err := native.Dir(r.Dir).Record(part); err == nil && record.Running() {
		r.Logf("with its disk full %s went on running", part)
		r.Kill(part)
		return
	}
	switch said := r.log(part)[r.disks[part].logged:]; {
	case strings.Contains(said, "no space left on device"):
		r.Logf("with its disk full %s has ended, and said so", part)
	case strings.Contains(said, "SIGBUS"):
		// Stores look for room before each commit; what they then write from memory may still meet the end of the disk.
		r.Logf("with its disk full %s has died of a memory map without room", part)
	default:
		r.Errorf("%s has ended, and its log does not say that its disk was full: %s", part, said)
	}
}
