package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"plimsoll/agents/batch"
)

// maxProcesses bounds how many processes are asked for their state; beyond, the
// states are left out, because asking would cost the host more than it tells.
const maxProcesses = 2_000

// stateLetters are the letters of states (proc_pid_stat(5)).
const stateLetters = "RSDTtZXI"

// processes counts processes and threads.
func (a *Agent) processes(_ context.Context, b *batch.Batch) error {
	pids, err := a.pids()
	if err != nil {
		return err
	}
	b.Gauge("node_processes_pids", float64(len(pids)))
	for file, name := range map[string]string{"threads-max": "node_processes_max_threads", "pid_max": "node_processes_max_processes"} {
		data, err := a.read("sys/kernel/" + file)
		if err != nil {
			return err
		}
		v, err := number(string(bytes.TrimSpace(data)))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		b.Gauge(name, v)
	}
	return a.threads(b)
}

// processStates counts processes by state. It asks each process, which costs
// more than all other parts together: therefore once a minute.
func (a *Agent) processStates(_ context.Context, b *batch.Batch) error {
	pids, err := a.pids()
	if err != nil {
		return err
	}
	if len(pids) > maxProcesses {
		return nil
	}
	var states [256]float64
	for _, pid := range pids {
		if data, err := a.read(pid + "/stat"); err == nil { // else it has ended
			states[stateOf(data)]++
		}
	}
	for i := range len(stateLetters) {
		state := stateLetters[i]
		b.Gauge("node_processes_state", states[state], "state", string(state))
	}
	return nil
}

// pids returns the numbers of all processes.
func (a *Agent) pids() ([]string, error) {
	dir, err := os.Open(a.cfg.Proc)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	pids := names[:0]
	for _, name := range names {
		if name[0] >= '1' && name[0] <= '9' {
			pids = append(pids, name)
		}
	}
	return pids, nil
}

// threads counts all threads: the second number of the fourth field of loadavg.
func (a *Agent) threads(b *batch.Batch) error {
	data, err := a.read("loadavg")
	if err != nil {
		return err
	}
	f := strings.Fields(string(data))
	if len(f) < 4 {
		return fmt.Errorf("loadavg: %q has fewer than four fields", data)
	}
	_, all, _ := strings.Cut(f[3], "/")
	v, err := number(all)
	if err != nil {
		return fmt.Errorf("loadavg: %w", err)
	}
	b.Gauge("node_processes_threads", v)
	return nil
}

// stateOf returns the state in /proc/PID/stat: the letter after the command in
// brackets, which may hold brackets and spaces itself.
func stateOf(data []byte) byte {
	if i := bytes.LastIndexByte(data, ')'); i >= 0 && i+2 < len(data) {
		return data[i+2]
	}
	return 0
}
