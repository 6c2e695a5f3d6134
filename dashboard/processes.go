package dashboard

import (
	"context"
	"fmt"
)

// maxProcesses bounds how many processes are listed.
const maxProcesses = 500

// processes lists the busiest processes of this host, n of them (20), by cpu or by
// memory.
func (s *Server) processes(ctx context.Context, p params) (any, error) {
	if s.cfg.Processes == nil {
		return nil, errAbsent
	}
	n, err := p.count("n", defaultTop)
	if err != nil {
		return nil, badData(err)
	}
	by := p.Get("by")
	switch by {
	case "":
		by = "cpu"
	case "cpu", "memory":
	default:
		return nil, badData(fmt.Errorf("invalid parameter \"by\": %q is neither cpu nor memory", by))
	}
	return s.cfg.Processes(ctx, min(n, maxProcesses), by)
}
