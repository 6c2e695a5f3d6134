package listen

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Duplicate returns another descriptor of a socket, to hand to a new process. The
// File methods of package net give one that makes the socket block, in both
// processes, as soon as it is handed over: an Accept that goes on would then have
// no deadline and no end.
func Duplicate(c syscall.Conn, name string) (*os.File, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("duplicate the socket of %s: %w", name, err)
	}
	dup := -1
	control := raw.Control(func(fd uintptr) {
		dup, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if control != nil {
		err = control
	}
	if err != nil {
		return nil, fmt.Errorf("duplicate the socket of %s: %w", name, err)
	}
	return os.NewFile(uintptr(dup), name), nil
}
