package native

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// process is something to run: a Fabric program, a contract service or the wallet service.
type process struct {
	name  string
	stage stage
	path  string
	args  []string
	env   []string
	ports []int
	// files are what the process reads at its start; if one changes, the process is restarted.
	files []string
	// data is where the process keeps its data, chain what appears in there once it has joined the channel, and derived
	// what it can make again at any time; empty for services, which look after their own.
	data, chain, derived string
	// ready answers nil once the process does its work.
	ready func(context.Context) error

	// Set by start in the Up that started it: closed when the process has ended.
	exited chan struct{}
}

// stage orders stops, last stage first: who asks goes before who answers.
type stage int

const (
	stageOrderer stage = iota
	stageContract
	stagePeer
	stageWallet
)

// Record is what is remembered of a process that was started.
type Record struct {
	Name  string `json:"name"`
	PID   int    `json:"pid"`
	Ports []int  `json:"ports"`
	// Since is when it was started.
	Since time.Time `json:"since"`
	// Birth is the system's own mark of the process's start; a recycled process id has another.
	Birth string `json:"birth"`
	// Spec is a digest of what was started: program, arguments, environment, configuration.
	Spec  string `json:"spec"`
	Stage stage  `json:"stage"`
}

// Running tells whether the recorded process is alive.
func (r Record) Running() bool {
	birth, err := processBirth(r.PID)
	return err == nil && birth == r.Birth
}

// Memory is the resident memory of the process in bytes, 0 when unknown.
func (r Record) Memory() uint64 { return processMemory(r.PID) }

// records lists the processes a directory remembers, in the order of their stages.
func (d Dir) records() ([]Record, error) {
	files, err := filepath.Glob(filepath.Join(d.runDir(), "*.json"))
	if err != nil {
		return nil, err
	}
	var list []Record
	for _, file := range files {
		r, err := readRecord(file)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Record) int {
		if a.Stage != b.Stage {
			return int(a.Stage - b.Stage)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list, nil
}

// Record is what the directory remembers of a part's process. The error is fs.ErrNotExist where there was none.
func (d Dir) Record(part string) (Record, error) { return readRecord(d.record(part)) }

func readRecord(file string) (Record, error) {
	var r Record
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("process record %s is damaged: %w", file, err)
	}
	return r, nil
}

// spec digests what the process would be started as.
func (p *process) spec() (string, error) {
	digest := sha256.New()
	for _, text := range append([]string{p.path}, append(p.args, p.env...)...) {
		fmt.Fprintf(digest, "%q\n", text)
	}
	for _, file := range append([]string{p.path}, p.files...) {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(content)
		digest.Write(sum[:])
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// clear removes what a kill may have left half made and Fabric would stumble over: all data of a node that has no chain
// yet and so nothing to lose, because stores do not survive a kill while they are first made, and what is derived.
func (p *process) clear() error {
	if p.data == "" {
		return nil
	}
	if _, err := os.Stat(p.chain); errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(p.data)
	}
	if p.derived == "" {
		return nil
	}
	return os.RemoveAll(p.derived)
}

// link makes the program known by the process's name.
func (p *process) link(d Dir) error {
	name := d.program(p.name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(p.path, name)
}

// gate holds a program back until its record is written: it starts on a line of input and ends without one, so that a
// process whose starter was killed in between does not live on unknown to everybody.
const gate = `read -r go && exec "$@" </dev/null`

// start runs the process detached from this one, in a session of its own, and records it.
func (p *process) start(d Dir) error {
	spec, err := p.spec()
	if err == nil {
		err = p.clear()
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	if err := p.link(d); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	if err := os.MkdirAll(filepath.Dir(d.Log(p.name)), 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(d.Log(p.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("/bin/sh", append([]string{"-c", gate, p.name, d.program(p.name)}, p.args...)...)
	cmd.Dir, cmd.Env = string(d), append(inheritedEnvironment(), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	open, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.exited = make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log; this only keeps it from staying a zombie
		close(p.exited)
	}()
	r := Record{Name: p.name, PID: cmd.Process.Pid, Ports: p.ports, Since: now, Spec: spec, Stage: p.stage}
	if r.Birth, err = processBirth(r.PID); err == nil {
		err = WriteJSON(d.record(p.name), r)
	}
	if err == nil {
		_, err = io.WriteString(open, "go\n")
	}
	_ = open.Close() // fails where the process has ended already and Wait was faster
	if err != nil {
		return fmt.Errorf("record %s: %w", p.name, err)
	}
	return nil
}

// inheritedEnvironment is the little of ours that children get. Variables like CORE_PEER_ADDRESS, left over from other
// Fabric work, would override configuration files.
func inheritedEnvironment() []string {
	var list []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GOTRACEBACK"} {
		if value, set := os.LookupEnv(name); set {
			list = append(list, name+"="+value)
		}
	}
	return list
}

const (
	stopPatience = 10 * time.Second
	stopPoll     = 20 * time.Millisecond
)

// stop ends a recorded process, first politely, and forgets it.
func (d Dir) stop(r Record) error {
	if r.Running() {
		if err := signalAndWait(r, syscall.SIGTERM, stopPatience); err != nil {
			if err := signalAndWait(r, syscall.SIGKILL, stopPatience); err != nil {
				return fmt.Errorf("stop %s: %w", r.Name, err)
			}
		}
	}
	if err := os.Remove(d.record(r.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func signalAndWait(r Record, signal syscall.Signal, patience time.Duration) error {
	if err := syscall.Kill(r.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", r.PID, err)
	}
	for deadline := time.Now().Add(patience); r.Running(); time.Sleep(stopPoll) {
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d did not end within %v of %v", r.PID, patience, signal)
		}
	}
	return nil
}
