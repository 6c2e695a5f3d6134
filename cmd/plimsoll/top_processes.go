package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"plimsoll/agents/procs"
)

// processesPath is where the busiest processes are asked for.
const processesPath = "/api/plimsoll/v1/processes"

// runProcesses shows the busiest processes of the service's host.
func (t *topFlags) runProcesses(e env, redraw bool) error {
	if t.by != string(procs.ByCPU) && t.by != string(procs.ByMemory) {
		return fmt.Errorf("%w: -by %q: want cpu or memory", errUsage, t.by)
	}
	for {
		body, err := t.server.get(e.ctx, processesPath, url.Values{"n": {strconv.Itoa(t.n)}, "by": {t.by}})
		if err != nil {
			return err
		}
		var list procs.List
		if err := json.Unmarshal(body, &list); err != nil {
			return fmt.Errorf("answer is no JSON: %w", err)
		}
		var b bytes.Buffer
		if err := list.Write(&b); err != nil {
			return err
		}
		if err := show(e.stdout, b.Bytes(), redraw); err != nil || t.once {
			return err
		}
		select {
		case <-time.After(t.interval):
		case <-e.ctx.Done():
			return e.ctx.Err()
		}
	}
}
