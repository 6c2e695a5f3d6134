package counterd

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/counterd/listen"
)

// TestSendByEveryRoad sends to a daemon that listens on all of them, signed
// where that is asked for.
func TestSendByEveryRoad(t *testing.T) {
	dir := t.TempDir()
	key := listen.Key{ID: "web", Secret: "sixteen bytes it has"}
	c := Default()
	c.Listen = nil
	for _, address := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "unixgram://" + filepath.Join(dir, "gram"), "unix://" + filepath.Join(dir, "stream"), "udp://[::1]:0"} {
		c.Listen = append(c.Listen, listen.Default(address))
	}
	c.Listen[4].Keys, c.Listen[4].RequireSigned = []listen.Key{key}, true
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	many := strings.Split(strings.TrimSpace(strings.Repeat("page_view ", 1000)), " ")
	for i, l := range s.listeners {
		to := l.String()
		if i == 0 {
			to = strings.TrimPrefix(to, "udp://")
		}
		k := &key
		if i != 4 {
			k = nil
		}
		if err := Send(ctx, to, many, k); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	if err := Send(ctx, s.listeners[4].String(), many[:1], nil); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(20 * time.Second); s.Stats().Lines < 5001 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	if st := s.Stats(); st.Parsed != 5000 || st.Lines != 5001 {
		t.Errorf("%d of %d lines parsed: %v", st.Parsed, st.Lines, st.Bad)
	}
	if err := Send(ctx, s.listeners[1].String(), many[:1], &key); !errors.Is(err, errSignedStream) {
		t.Errorf("signed stream: %v", err)
	}
	if err := Send(ctx, "http://127.0.0.1:1", many[:1], nil); err == nil || !strings.Contains(err.Error(), `"http" is not udp`) {
		t.Errorf("%v", err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
