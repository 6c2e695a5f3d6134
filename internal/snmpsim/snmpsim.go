// Package snmpsim simulates SNMP agents of versions 1 and 2c for tests and
// benchmarks: each has a tree of values and answers GET, GETNEXT and GETBULK as
// RFC 1157 and RFC 3416 say, or as badly as it is told to.
package snmpsim

import (
	"errors"
	"net"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/mib"
)

// Agent is one simulated agent.
type Agent struct {
	// Delay is before each answer; Dead answers nothing. MaxVars cuts an answer
	// to GETBULK, TooBig refuses one that would be longer than that. Other answers
	// from another port than it was asked at. None changes while the agent runs.
	Delay   time.Duration
	Dead    bool
	MaxVars int
	TooBig  int
	Other   bool

	socket, other *net.UDPConn
	done          sync.WaitGroup

	mu       sync.Mutex // guards what follows
	vars     []gosnmp.SnmpPDU
	requests int
	silent   int // from so many requests on; 0: never
	most     int // requests that were under way at once
	now      int
}

// New opens the agent's sockets on a loopback address, such as 127.0.0.1:0.
func New(address string) (*Agent, error) {
	open := func(address string) (*net.UDPConn, error) {
		a, err := net.ResolveUDPAddr("udp", address)
		if err != nil {
			return nil, err
		}
		return net.ListenUDP("udp", a)
	}
	a := &Agent{}
	var err, err2 error
	a.socket, err = open(address)
	a.other, err2 = open("127.0.0.2:0")
	return a, errors.Join(err, err2)
}

// Addr is where the agent is asked.
func (a *Agent) Addr() string { return a.socket.LocalAddr().String() }

// Set sets values; a nil value takes one away. Numbers stand without a leading dot.
func (a *Agent) Set(vars ...gosnmp.SnmpPDU) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, v := range vars {
		i := a.at(v.Name)
		there := i < len(a.vars) && a.vars[i].Name == v.Name
		switch {
		case there && v.Value == nil:
			a.vars = slices.Delete(a.vars, i, i+1)
		case there:
			a.vars[i] = v
		case v.Value != nil:
			a.vars = slices.Insert(a.vars, i, v)
		}
	}
}

// at is where the first value stands that is not before number.
func (a *Agent) at(number string) int {
	return sort.Search(len(a.vars), func(i int) bool { return mib.Compare(a.vars[i].Name, number) >= 0 })
}

// Silence lets the agent answer nothing from so many requests on; 0: never.
func (a *Agent) Silence(requests int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.silent = requests
}

// Requests returns how many requests there were, and how many at once at most.
func (a *Agent) Requests() (n, atOnce int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests, a.most
}

// Run answers until Close.
func (a *Agent) Run() {
	buf := make([]byte, 65535)
	for {
		n, from, err := a.socket.ReadFromUDP(buf)
		if errors.Is(err, net.ErrClosed) {
			a.done.Wait()
			return
		}
		if err != nil || a.Dead {
			continue
		}
		request, err := (&gosnmp.GoSNMP{}).SnmpDecodePacket(append([]byte(nil), buf[:n]...))
		if err != nil {
			continue
		}
		if !a.count(1) {
			continue
		}
		if a.Delay == 0 {
			a.reply(request, from)
			continue
		}
		a.done.Add(1)
		time.AfterFunc(a.Delay, func() {
			defer a.done.Done()
			a.reply(request, from)
		})
	}
}

// Close ends Run, which still gives the answers that are late.
func (a *Agent) Close() { _ = a.socket.Close() }

// count counts requests that begin or end, and reports whether one is answered.
func (a *Agent) count(n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.requests += max(n, 0); n > 0 && a.silent > 0 && a.requests > a.silent {
		return false
	}
	a.now += n
	a.most = max(a.most, a.now)
	return true
}

func (a *Agent) reply(request *gosnmp.SnmpPacket, to *net.UDPAddr) {
	a.count(-1)
	b, err := a.answer(request).MarshalMsg()
	if err != nil {
		return
	}
	socket := a.socket
	if a.Other {
		socket = a.other
	}
	_, _ = socket.WriteToUDP(b, to)
}

func (a *Agent) answer(request *gosnmp.SnmpPacket) *gosnmp.SnmpPacket {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := gosnmp.GoSNMP{Version: request.Version, Community: request.Community}
	var vars []gosnmp.SnmpPDU
	wrong := gosnmp.NoError
	index := 0
	switch request.PDUType {
	case gosnmp.GetRequest:
		for i, v := range request.Variables {
			found := a.get(plain(v.Name))
			if found.Type == gosnmp.NoSuchInstance && request.Version == gosnmp.Version1 && wrong == gosnmp.NoError {
				wrong, index = gosnmp.NoSuchName, i+1
			}
			vars = append(vars, found)
		}
	case gosnmp.GetNextRequest:
		for i, v := range request.Variables {
			found := a.next(plain(v.Name))
			if found.Type == gosnmp.EndOfMibView && request.Version == gosnmp.Version1 && wrong == gosnmp.NoError {
				wrong, index = gosnmp.NoSuchName, i+1
			}
			vars = append(vars, found)
		}
	default:
		vars = a.bulk(request)
		if a.TooBig > 0 && len(vars) > a.TooBig {
			wrong = gosnmp.TooBig
		}
	}
	if wrong != gosnmp.NoError {
		vars = request.Variables
		for i := range vars {
			vars[i] = gosnmp.SnmpPDU{Name: vars[i].Name, Type: gosnmp.Null}
		}
	}
	p := g.MkSnmpPacket(gosnmp.GetResponse, vars, 0, 0)
	p.RequestID, p.Error, p.ErrorIndex = request.RequestID, wrong, uint8(index)
	return p
}

func (a *Agent) bulk(request *gosnmp.SnmpPacket) (vars []gosnmp.SnmpPDU) {
	once := min(int(request.NonRepeaters), len(request.Variables))
	for _, v := range request.Variables[:once] {
		vars = append(vars, a.next(plain(v.Name)))
	}
	repeated := slices.Clone(request.Variables[once:])
	for range request.MaxRepetitions {
		for i, v := range repeated {
			repeated[i] = a.next(plain(v.Name))
			if a.MaxVars > 0 && len(vars) >= a.MaxVars {
				return vars
			}
			vars = append(vars, repeated[i])
		}
	}
	return vars
}

func (a *Agent) get(number string) gosnmp.SnmpPDU {
	if i := a.at(number); i < len(a.vars) && a.vars[i].Name == number {
		return a.vars[i]
	}
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.NoSuchInstance}
}

func (a *Agent) next(number string) gosnmp.SnmpPDU {
	i := a.at(number)
	if i < len(a.vars) && a.vars[i].Name == number {
		i++
	}
	if i < len(a.vars) {
		return a.vars[i]
	}
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.EndOfMibView}
}

func plain(name string) string { return strings.TrimPrefix(name, ".") }
