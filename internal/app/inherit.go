package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"plimsoll/counterd"
)

// HandOverVariable is the environment variable by which a process tells the one
// that it started what each descriptor is.
const HandOverVariable = "PLIMSOLL_HANDOVER"

// handedOver is its value, in JSON: numbers of descriptors by the addresses of
// the configuration.
type handedOver struct {
	Ready    int              `json:"ready"` // a pipe to write a line to
	HTTP     map[string]int   `json:"http"`
	Counters map[string][]int `json:"counters"`
}

// firstFD is the number of the first of exec.Cmd.ExtraFiles in the new process.
const firstFD = 3

// Inherited is what an earlier process hands over.
type Inherited struct {
	ready    *os.File
	http     map[string]*os.File
	counters map[string][]counterd.Inherited
}

// Inherit takes the descriptors that the variable tells of. An empty one means
// that this process follows nobody: then it returns nil.
func Inherit(variable string) (*Inherited, error) {
	if variable == "" {
		return nil, nil
	}
	var h handedOver
	if err := json.Unmarshal([]byte(variable), &h); err != nil {
		return nil, fmt.Errorf("%s=%q: %w", HandOverVariable, variable, err)
	}
	open := func(fd int, name string) *os.File {
		syscall.CloseOnExec(fd) // checks that are programs must not have it
		return os.NewFile(uintptr(fd), name)
	}
	in := &Inherited{
		ready: open(h.Ready, "ready"), http: map[string]*os.File{}, counters: map[string][]counterd.Inherited{},
	}
	for address, fd := range h.HTTP {
		in.http[address] = open(fd, address)
	}
	for address, fds := range h.Counters {
		for _, fd := range fds {
			in.counters[address] = append(in.counters[address], open(fd, address))
		}
	}
	return in, nil
}

// close closes the descriptors, which the listeners have duplicates of. What
// waits in one that the configuration has no more is lost.
func (in *Inherited) close() {
	for _, f := range in.http {
		f.Close()
	}
	for _, files := range in.counters {
		for _, f := range files {
			f.Close()
		}
	}
}

// bindHTTP binds the address of the pages, or takes it over. Connections wait
// until Run.
func (a *App) bindHTTP() (err error) {
	address := a.config.Listen.HTTP
	if in := a.options.Inherited; in != nil && in.http[address] != nil {
		a.http, err = net.FileListener(in.http[address])
	} else {
		a.http, err = net.Listen("tcp", address)
	}
	if err != nil {
		return taken(fmt.Errorf("listen for HTTP on %q: %w", address, err), "-http or listen.http")
	}
	a.undo = append(a.undo, a.http.Close)
	return nil
}

// follow lets the process before end: from now on this one reads all sockets,
// and waits for the data. It does nothing in a process that follows nobody.
func (a *App) follow() error {
	in := a.options.Inherited
	if in == nil {
		return nil
	}
	r := runNow(a.part("counterd", a.counterd.Run).run)
	a.runCounterd = r.run
	a.undo = append(a.undo, r.end)
	in.close()
	if _, err := in.ready.WriteString("ready\n"); err != nil {
		a.logger.Warn("the process before is gone already", "err", err)
	}
	in.ready.Close()
	return nil
}

// running is a part that runs before its stage begins.
type running struct {
	cancel context.CancelFunc
	ended  sync.WaitGroup
	err    error // good once ended
}

func runNow(run func(context.Context) error) *running {
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel: cancel}
	r.ended.Go(func() { r.err = run(ctx) }) // run and end wait for it
	return r
}

// run is the part's turn in its stage.
func (r *running) run(ctx context.Context) error {
	defer context.AfterFunc(ctx, r.cancel)()
	r.ended.Wait()
	return r.err
}

func (r *running) end() error {
	r.cancel()
	r.ended.Wait()
	return r.err
}

// undoAll ends what a New that failed began.
func (a *App) undoAll() error {
	var errs []error
	for i := len(a.undo) - 1; i >= 0; i-- {
		errs = append(errs, a.undo[i]())
	}
	return errors.Join(errs...)
}
