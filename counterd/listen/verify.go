package listen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
	"time"

	"plimsoll/counterd/line"
)

// SignatureStats count what became of signature lines.
type SignatureStats struct {
	Accepted   uint64 `json:"accepted"`
	Missing    uint64 `json:"missing"`    // where RequireSigned
	Unexpected uint64 `json:"unexpected"` // of a listener without keys
	Malformed  uint64 `json:"malformed"`
	UnknownKey uint64 `json:"unknown_key"`
	WrongMAC   uint64 `json:"wrong_mac"`
	Stale      uint64 `json:"stale"` // outside the time window
	Replayed   uint64 `json:"replayed"`
	Full       uint64 `json:"full"` // refused because MaxReplay signatures were remembered
}

// verifier checks the signatures of one address; its readers share it.
type verifier struct {
	required bool
	window   time.Duration

	mu    sync.Mutex // guards all below
	keys  map[string]*keyState
	stats SignatureStats
}

// keyState is what is kept of one key.
type keyState struct {
	mac    hash.Hash // keyed once, then reset
	lf     [1]byte   // here so that it is not allocated for each datagram
	sum    [sha256.Size]byte
	replay *replayFilter
}

// newVerifier reads the secrets.
func newVerifier(c Config) (*verifier, error) {
	v := &verifier{required: c.RequireSigned, window: c.SignatureWindow, keys: map[string]*keyState{}}
	for _, k := range c.Keys {
		k, err := k.Load()
		if err != nil {
			return nil, err
		}
		v.keys[k.ID] = &keyState{
			mac:    hmac.New(sha256.New, []byte(k.Secret)),
			lf:     [1]byte{'\n'},
			replay: newReplayFilter(c.SignatureWindow, c.MaxReplay),
		}
	}
	return v, nil
}

// IsSigned reports whether a datagram begins as a signature line does.
func IsSigned(data []byte) bool {
	return len(data) >= len(signaturePrefix) && data[0] == '_' && string(data[:len(signaturePrefix)]) == signaturePrefix
}

// check returns what follows the signature line, or why the datagram is refused;
// then all of it.
func (v *verifier) check(data []byte, now time.Time) ([]byte, line.Reason) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !IsSigned(data) {
		if v.required {
			v.stats.Missing++
			return data, line.BadUnsigned
		}
		return data, line.Good
	}
	if len(v.keys) == 0 {
		v.stats.Unexpected++
		return data, line.BadSignature
	}
	s, ok := parseSignature(data)
	if !ok {
		v.stats.Malformed++
		return data, line.BadSignature
	}
	if why := v.judgeLocked(&s, now); why != line.Good {
		return data, why
	}
	v.stats.Accepted++
	return s.payload, line.Good
}

// judgeLocked looks at the time and the replays of authentic datagrams only, so
// that nobody without a key can fill the filter.
func (v *verifier) judgeLocked(s *signature, now time.Time) line.Reason {
	k := v.keys[string(s.key)]
	switch {
	case k == nil:
		v.stats.UnknownKey++
		return line.BadSignature
	case !k.authentic(s):
		v.stats.WrongMAC++
		return line.BadSignature
	case now.Sub(s.at).Abs() > v.window:
		v.stats.Stale++
		return line.BadStale
	}
	switch k.replay.admit(s.at, binary.BigEndian.Uint64(k.sum[:])) {
	case forgotten:
		v.stats.Stale++
		return line.BadStale
	case replayed:
		v.stats.Replayed++
		return line.BadReplay
	case full:
		v.stats.Full++
		return line.BadReplay
	}
	return line.Good
}

// authentic leaves the whole MAC in sum.
func (k *keyState) authentic(s *signature) bool {
	k.mac.Reset()
	k.mac.Write(s.header)
	k.mac.Write(k.lf[:])
	k.mac.Write(s.payload)
	k.mac.Sum(k.sum[:0])
	return hmac.Equal(k.sum[:s.macSize], s.mac[:s.macSize])
}

func (v *verifier) snapshot() SignatureStats {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stats
}
