package counterd

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"plimsoll/counterd/line"
)

func TestTapIsBounded(t *testing.T) {
	now := noon
	tp := &tap{now: func() time.Time { return now }, out: make(chan Line, tailSize)}
	for i := range 1000 {
		tp.see(fmt.Appendf(nil, "a:%d", i), netip.AddrPort{}, line.Good)
	}
	if len(tp.out) != tailRate {
		t.Fatalf("%d lines in a second", len(tp.out))
	}
	now = now.Add(time.Second)
	for i := range tailSize { // nobody reads
		tp.see(fmt.Appendf(nil, "b:%d", i), netip.AddrPort{}, line.Good)
	}
	if l, more := tp.overdue(); len(tp.out) != tailSize || !more || l.Missed != 200 {
		t.Errorf("%d lines wait, missed %d", len(tp.out), l.Missed)
	}
	if _, more := tp.overdue(); more {
		t.Error("told twice")
	}
	for range tailRate {
		<-tp.out
	}
	if l := <-tp.out; l.Line != "b:0" || l.Missed != 1000-tailRate {
		t.Errorf("%+v", l)
	}
}

func TestTapGoesByTheText(t *testing.T) {
	for text, want := range map[string]bool{
		"q": true, "q:1": true, "q|c": true, "q:x|nonsense": true,
		"qq:1": false, "ok_q:1": false, "a:q": false, "": false,
	} {
		if (&tap{name: "q"}).wants([]byte(text)) != want {
			t.Errorf("%q: not %v", text, want)
		}
	}
	tp := &tap{now: time.Now, out: make(chan Line, tailSize)}
	tp.see([]byte("q\xff"+strings.Repeat("x", 300)), somebody, line.Good)
	if l := <-tp.out; l.Line != "q\uFFFD"+strings.Repeat("x", 198) || l.Source != somebody.String() {
		t.Errorf("%+v", l)
	}
}
