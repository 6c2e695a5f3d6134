package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"plimsoll/counterd"
	"plimsoll/counterd/listen"
)

func sendCommand() command {
	return command{
		name: "send", args: "[flags] 'LINE'…", about: "send counter and timing lines",
		examples: []string{
			"plimsoll send page_view",
			"plimsoll send 'db-query:250' 'upload:320|ms|#host:web3'",
			"plimsoll send -to 10.0.0.5:8125 'cache.hits:12|c|@0.1'",
			"plimsoll send -to unixgram:///run/counterd.sock page_view",
			"plimsoll send -key web:/etc/plimsoll/web.key page_view    # signed",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			const usual = "127.0.0.1:8125"
			to := f.String("to", usual, "`ADDRESS` of the counter daemon: host:port or udp://host:port, tcp://host:port, unixgram:///path, unix:///path")
			f.StringVar(to, "udp", usual, "the same as -to, under its older name: an `ADDRESS`")
			key := f.String("key", "", "sign with the key `ID:FILE`, whose secret the file holds")
			return func(e env, lines []string) error {
				if len(lines) == 0 {
					return fmt.Errorf("%w: no line given", errUsage)
				}
				k, err := signingKey(*key)
				if err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(e.ctx, 5*time.Second)
				defer cancel()
				return counterd.Send(ctx, *to, lines, k)
			}
		},
	}
}

// signingKey reads the key that ID:FILE names; nil for none.
func signingKey(flag string) (*listen.Key, error) {
	if flag == "" {
		return nil, nil
	}
	id, file, ok := strings.Cut(flag, ":")
	if !ok || id == "" || file == "" {
		return nil, fmt.Errorf("%w: -key %q is not ID:FILE", errUsage, flag)
	}
	k, err := listen.Key{ID: id, SecretFile: file}.Load()
	if err != nil {
		return nil, err
	}
	return &k, nil
}
