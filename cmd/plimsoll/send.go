package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"plimsoll/counterd"
)

func sendCommand() command {
	return command{
		name: "send", args: "[flags] 'LINE'…", about: "send counter and timing lines by UDP",
		examples: []string{
			"plimsoll send page_view",
			"plimsoll send 'db-query:250' 'upload:320|ms|#host:web3'",
			"plimsoll send -udp 10.0.0.5:8125 'cache.hits:12|c|@0.1'",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			addr := f.String("udp", "127.0.0.1:8125", "`ADDRESS` of the counter daemon")
			return func(e env, lines []string) error {
				if len(lines) == 0 {
					return fmt.Errorf("%w: no line given", errUsage)
				}
				ctx, cancel := context.WithTimeout(e.ctx, 5*time.Second)
				defer cancel()
				return counterd.Send(ctx, *addr, lines)
			}
		},
	}
}
