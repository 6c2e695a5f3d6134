package listen

import (
	"fmt"
	"net/netip"
	"os"
)

// Open binds the address of c, or takes over the sockets that an earlier process
// bound to it: inherited descriptors are used up first, then sockets are bound, so
// that there are c.Readers in all. Nil ones are left out. Open duplicates what it
// inherits; the caller closes his own.
func Open(c Config, inherited ...*os.File) ([]Listener, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	a, err := parseAddress(c.Address)
	if err != nil {
		return nil, err
	}
	allow, err := parseAllow(c.Allow)
	if err != nil {
		return nil, err
	}
	v, err := newVerifier(c)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", a, err)
	}
	o := opener{config: c, address: a, allow: allow, verifier: v, inherited: given(inherited)}
	all, err := o.open()
	if err != nil {
		for _, l := range all {
			_ = l.Close()
		}
		return nil, fmt.Errorf("listen on %s: %w", a, err)
	}
	return all, nil
}

// given drops what is nil.
func given(files []*os.File) []*os.File {
	var out []*os.File
	for _, f := range files {
		if f != nil {
			out = append(out, f)
		}
	}
	return out
}

// opener is what the sockets of one address have in common.
type opener struct {
	config    Config
	address   address
	allow     []netip.Prefix
	verifier  *verifier
	inherited []*os.File
	arrivals  *arrivals // of the socket being opened
}

// next returns the next inherited descriptor, or nil.
func (o *opener) next() *os.File {
	if len(o.inherited) == 0 {
		return nil
	}
	f := o.inherited[0]
	o.inherited = o.inherited[1:]
	return f
}

// open returns what it opened even when it fails.
func (o *opener) open() ([]Listener, error) {
	if extra := len(o.inherited) - o.config.Readers; extra > 0 {
		return nil, fmt.Errorf("%d sockets were inherited, readers is %d: what waits in the others would be lost",
			len(o.inherited), o.config.Readers)
	}
	var all []Listener
	for range o.config.Readers {
		l, err := o.one(o.next())
		if err != nil {
			return all, err
		}
		all = append(all, l)
		if o.address.network == udp {
			o.address.at = l.Addr().String() // port 0 is known now
		}
	}
	return all, nil
}

func (o *opener) one(f *os.File) (Listener, error) {
	if o.address.isStream() {
		return o.openStream(f)
	}
	return o.openPacket(f)
}

func (o *opener) gate() gate {
	return gate{allow: o.allow, verifier: o.verifier, signing: len(o.config.Keys) > 0, now: o.config.Now}
}
