package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"plimsoll/agents/weblog/syslog"
)

func TestLogPassesLinesOn(t *testing.T) {
	s, err := syslog.New(syslog.Default("tcp://127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	got, ended := make(chan syslog.Message, 10), make(chan error)
	go func() { ended <- s.Run(ctx, func(m syslog.Message) { got <- m }) }()
	var out, errs bytes.Buffer
	code := pipeLog(t.Context(), []string{"-to", s.Addr().String(), "-host", "web1"}, strings.NewReader("one\ntwo\n"), &out, &errs)
	if code != exitGood || out.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
	for _, want := range []string{"web1 one", "web1 two"} {
		if m := <-got; m.Host+" "+m.Text != want {
			t.Errorf("%+v", m)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestLogSaysHowToUseIt(t *testing.T) {
	for args, want := range map[string]string{
		"-h":            "0 Usage: plimsoll-agent log",
		"-to nowhere":   "2 plimsoll-agent log: address: ",
		"-to 1:2 extra": `2 plimsoll-agent log: unexpected argument "extra"`,
		"-buffer 1":     "2 plimsoll-agent log: the pipe has no ",
		"-x":            "2 flag provided but not defined: -x",
	} {
		var out bytes.Buffer
		code := pipeLog(t.Context(), strings.Fields(args), strings.NewReader(""), &out, &out)
		if got := fmt.Sprint(code, " ", &out); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", args, got)
		}
	}
}
