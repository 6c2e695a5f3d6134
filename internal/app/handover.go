package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"plimsoll/counterd/listen"
)

// readyTimeout is how long a new process may take to read all sockets,
// lockTimeout how long it then waits for the data.
const (
	readyTimeout = 30 * time.Second
	lockTimeout  = time.Minute
	lockPause    = 20 * time.Millisecond
)

// HandOver starts cmd, which is to be the same service, maybe a newer one, with
// what this process listens on. It returns nil once the new process reads all
// sockets: then the caller ends Run, and the new one goes on with the data. On
// an error the new process is gone, and all goes on as before. After nil there is
// no way back: should the new one die before it has the data, what it read is lost.
//
//	this process                            the new one
//	HandOver: start it, with the sockets ─► check the configuration, bind what is new,
//	                                        read the counters' sockets, hold the samples
//	          wait (readyTimeout) ◄──────── "ready"
//	Run ends: drain; the open interval      wait for the lock (lockTimeout)
//	          stays in the spool
//	exit, which gives the lock free ──────► open the store and all else; go on with the
//	                                        spool, then with what was held
func (a *App) HandOver(ctx context.Context, cmd *exec.Cmd) error {
	ready, tell, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe for the new process: %w", err)
	}
	defer ready.Close()
	cmd.ExtraFiles = []*os.File{tell}
	defer func() {
		for _, f := range cmd.ExtraFiles {
			f.Close()
		}
	}()
	table, err := a.handOut(cmd)
	if err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), HandOverVariable+"="+table)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the new process: %w", err)
	}
	tell.Close() // so that its end is the end of the pipe
	if err := awaitReady(ctx, ready); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // what it says is in ProcessState
		return fmt.Errorf("the new process %d: %w (%s)", cmd.Process.Pid, err, cmd.ProcessState)
	}
	a.counterd.HandOver()
	return nil
}

// handOut adds duplicates of all sockets to the files of cmd, and returns what
// they are.
func (a *App) handOut(cmd *exec.Cmd) (string, error) {
	add := func(f *os.File) int {
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
		return firstFD + len(cmd.ExtraFiles) - 1
	}
	h := handedOver{Ready: firstFD, HTTP: map[string]int{}, Counters: map[string][]int{}}
	socket, is := a.http.(syscall.Conn)
	if !is {
		return "", errors.New("the HTTP listener cannot be handed over")
	}
	f, err := listen.Duplicate(socket, a.config.Listen.HTTP)
	if err != nil {
		return "", err
	}
	h.HTTP[a.config.Listen.HTTP] = add(f)
	err = a.counterd.Files(func(address string, f *os.File) {
		h.Counters[address] = append(h.Counters[address], add(f))
	})
	if err != nil {
		return "", err
	}
	table, err := json.Marshal(h)
	return string(table), err
}

// awaitReady waits for the line that the new process writes.
func awaitReady(ctx context.Context, ready *os.File) error {
	if err := ready.SetReadDeadline(time.Now().Add(readyTimeout)); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = ready.SetReadDeadline(time.Now()) })()
	line := make([]byte, 16)
	n, err := ready.Read(line)
	switch {
	case n > 0:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("was not ready within %s", readyTimeout)
	}
	return errors.New("ended before it was ready; its log says why")
}
