// Package orders is the protocol by which an agent fetches the orders of event
// handlers and tells what came of them. An order is a name: the agent runs the
// command that its own file lists under it, with no argument of ours.
//
//	GET Path?instance=web3&process=K3…&handler=restart-nginx&handler=…&have=ID&…
//	200 {"id":"…","name":"restart-nginx","alert":"check/web","ttl_seconds":97.5,"waited_seconds":4.2}
//	204 none while the server waited; ask again
//	POST Path/ID?instance=web3
//	    {"process":"K3…","status":"done|failed|refused","exit_code":0,"why":"…","output":"…"}
//	200 noted, also the second time; 404 never heard of it; 409 too late, or not yours
//
// What holds:
//   - An order is bound, durably, to the first process that it is given to. That
//     process may be given it again when it asks and does not have it, for the
//     answer may have been lost; no other ever is. A process remembers what it
//     was given, and so runs an order once or never.
//   - An order that was given and is not answered is expired when its time is
//     over: its result is not known, and it is not run again.
//   - No clocks are compared. ttl_seconds is what is left of the order's time when
//     it is given out; what the way to the agent took is the time that the
//     request took there less waited_seconds. The agent refuses what is too old.
//   - handler lists all that the agent would run, so that the server knows what
//     nobody can do.
package orders

import (
	"errors"
	"time"
)

// Path is where agents ask.
const Path = "/api/plimsoll/v1/orders"

// Bounds of what is said.
const (
	MaxName     = 64  // bytes of a handler's name
	MaxInstance = 200 // bytes
	MaxHandlers = 100 // that an agent has
	MaxOutput   = 4 << 10
	MaxWhy      = 300
	// MaxWait is how long the server holds a request: less than it takes to read
	// one, after which the request counts as broken.
	MaxWait = 20 * time.Second
)

// The results.
const (
	Done    = "done"    // the command ended with 0
	Failed  = "failed"  // it ended otherwise, was killed, or could not be started
	Refused = "refused" // it was not run
)

// Ask is what an agent asks with.
type Ask struct {
	Instance string
	Process  string   // is new at each start of the agent
	Handlers []string // by name
	Have     []string // orders that it was given and did not answer yet
}

// Order asks for a handler to be run.
type Order struct {
	ID    string
	Name  string
	Alert string // for which
	// TTL is how long it may still be begun and answered.
	TTL time.Duration
}

// Answer is what came of an order.
type Answer struct {
	ID       string `json:"-"`
	Instance string `json:"-"`
	Process  string `json:"process"`
	Status   string `json:"status"`
	ExitCode int    `json:"exit_code"`
	Why      string `json:"why,omitempty"` // it failed or was refused
	Output   string `json:"output,omitempty"`
}

// Why an answer is not noted; to give it again would not help.
var (
	ErrUnknown = errors.New("there is no such order")
	ErrClosed  = errors.New("the order is expired, or another process has it")
)

// ValidName reports whether s can name a handler: letters, digits, and - _ . in
// between.
func ValidName(s string) bool {
	if s == "" || len(s) > MaxName || s[0] == '-' || s[0] == '.' {
		return false
	}
	for _, c := range []byte(s) {
		if c != '-' && c != '_' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
