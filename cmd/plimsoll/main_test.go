package main

import (
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsStandAnywhere(t *testing.T) {
	for _, c := range []struct {
		args, rest string
		json       bool
		bad        bool
	}{
		{args: "up", rest: "up"},
		{args: "up -json", rest: "up", json: true},
		{args: "--json up", rest: "up", json: true},
		{args: "a -json b", rest: "a b", json: true},
		{args: "-json=false a", rest: "a"},
		{args: "a -- -json b", rest: "a -json b"},
		{args: "-json -- -1", rest: "-1", json: true},
		{args: "- -json", rest: "-", json: true},
		{args: "-nonsense", bad: true},
	} {
		flags := flag.NewFlagSet("test", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		json := flags.Bool("json", false, "")
		rest, err := parse(flags, strings.Fields(c.args))
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", c.args, err)
		}
		if diff := cmp.Diff(c.rest, strings.Join(rest, " ")); err == nil && (diff != "" || *json != c.json) {
			t.Errorf("%s: json %v\n%s", c.args, *json, diff)
		}
	}
}
