package listen

import (
	"net"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// gsoFlood sends n sends of 60 datagrams of 20 bytes each and returns how many
// datagrams that is.
func gsoFlood(t *testing.T, addr string, n int) int {
	const size, each = 20, 60
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer conn.Close()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Error(err)
		return 0
	}
	var opt error
	err = raw.Control(func(fd uintptr) { opt = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, size) })
	if err != nil || opt != nil {
		t.Error(err, opt)
		return 0
	}
	all := make([]byte, 0, size*each)
	for i := range each {
		all = append(all, "some.counter."...)
		all = append(all, byte('0'+i/10), byte('0'+i%10))
		all = append(all, ":1|c\n"...)
	}
	for range n {
		if _, err := conn.Write(all); err != nil {
			t.Error(err)
		}
	}
	return n * each
}

func TestGSOFloodIsAccountedFor(t *testing.T) {
	for _, gro := range []string{groAuto, groOff} {
		for _, buffer := range []int{8 << 10, 32 << 10, 4 << 20} {
			var got sum
			all, stop := running(t, Config{Address: "127.0.0.1:0", GRO: gro, ReadBuffer: buffer}, got.take)
			var wg sync.WaitGroup
			sent := [3]int{}
			for i := range sent {
				wg.Go(func() { sent[i] = gsoFlood(t, all[0].Addr().String(), 2000) })
			}
			wg.Wait()
			stop()
			n := uint64(sent[0] + sent[1] + sent[2])
			l := all[0]
			if got.datagrams+l.Drops() != n || got.bytes != 20*got.datagrams {
				t.Errorf("gro %s, buffer %d: %d sent, %d received, %d bytes, %d dropped", gro, buffer, n, got.datagrams, got.bytes, l.Drops())
			}
			t.Logf("gro %s, buffer %d: %+v, %d sent, %d received, %d dropped", gro, buffer, l.Stats(), n, got.datagrams, l.Drops())
		}
	}
}

// Drops are exact while Run goes on, as soon as the socket is still.
func TestDropsSettleWhileRunning(t *testing.T) {
	var got sum
	all, stop := running(t, Config{Address: "127.0.0.1:0", ReadBuffer: 8 << 10}, got.take)
	defer stop()
	sent := 0
	for range 3 {
		sent += gsoFlood(t, all[0].Addr().String(), 500)
		await(t, all[0], func(s Stats) bool { return s.Datagrams+all[0].Drops() == uint64(sent) })
	}
	if all[0].Drops() == 0 {
		t.Error("nothing was dropped, so nothing was tested")
	}
}
