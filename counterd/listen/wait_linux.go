package listen

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// bell wakes a reader that waits or rests: an eventfd, which stays readable once
// it was rung.
type bell int

func newBell() (bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return bell(fd), err
}

func (b bell) ring() {
	_, _ = unix.Write(int(b), binary.NativeEndian.AppendUint64(nil, 1)) // fails only when it rings already
}

func (b bell) close() { _ = unix.Close(int(b)) }

// rest sleeps until d has passed or b was rung. It sleeps in the kernel and not by
// the runtime's timers, which would keep a thread busy and wake it late.
func (b bell) rest(d time.Duration) {
	fds := [1]unix.PollFd{{Fd: int32(b), Events: unix.POLLIN}}
	t := unix.NsecToTimespec(d.Nanoseconds())
	_, _ = unix.Ppoll(fds[:], &t, nil) // EINTR: a shorter rest
}

// await blocks until fd has something to read or b was rung.
func (b bell) await(fd int) {
	fds := [2]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(b), Events: unix.POLLIN}}
	_, _ = unix.Ppoll(fds[:], nil, nil)
}
