package bench

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Machine is what figures depend on beside the program.
type Machine struct {
	Cores     int    `json:"cores"`
	Processor string `json:"processor,omitempty"`
	System    string `json:"system"` // operating system and architecture
	Go        string `json:"go"`
	CGO       bool   `json:"cgo"`                // signatures are recovered about four times as fast with it
	Revision  string `json:"revision,omitempty"` // of the program; with a + where it was changed since
	Load      string `json:"load,omitempty"`     // averages over 1, 5 and 15 minutes before it began: others' work
}

// ThisMachine describes the machine and this program.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		changed := ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "CGO_ENABLED":
				m.CGO = s.Value == "1"
			case s.Key == "vcs.revision":
				m.Revision = s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = "+"
			}
		}
		m.Revision += changed
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 3 {
			m.Load = strings.Join(fields[:3], " ")
		}
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, found := strings.Cut(string(text), "model name"); found {
			line, _, _ := strings.Cut(after, "\n")
			m.Processor = strings.Trim(line, ": \t")
		}
	}
	return m
}

func (m Machine) String() string {
	cgo := "off"
	if m.CGO {
		cgo = "on"
	}
	text := fmt.Sprintf("%d cores, %s, %s, cgo %s", m.Cores, m.System, m.Go, cgo)
	if m.Processor != "" {
		text = m.Processor + ", " + text
	}
	if m.Revision != "" {
		text += ", revision " + m.Revision
	}
	if m.Load != "" {
		text += ", load before " + m.Load
	}
	return text
}
