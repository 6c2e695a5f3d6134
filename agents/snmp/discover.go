package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/mib"
)

// Search describes a search for devices.
type Search struct {
	Network netip.Prefix
	Port    uint16 // 0: 161
	// Access is how each address is asked: version, community, user.
	Access Device
	// Rate bounds the requests by second.
	Rate    int
	Timeout time.Duration
}

// maxSearched bounds the addresses of a search.
const maxSearched = 1 << 16

// Proposal is a device that answered, and how it may be configured. Nobody adds
// it but a person.
type Proposal struct {
	Address  string
	Name     string // sysName; the address if it has none
	ObjectID string // sysObjectID
	Vendor   string // by it; "": not known
	Descr    string // sysDescr
	Modules  []string
}

// Discover asks each address of a network and returns a proposal for each device
// that answers, in the order of the addresses, and how many were asked. When ctx
// ends it returns what was found until then, with an error.
func Discover(ctx context.Context, s Search) ([]Proposal, int, error) {
	if err := s.validate(); err != nil {
		return nil, 0, err
	}
	x, err := newExchange()
	if err != nil {
		return nil, 0, err
	}
	var reader sync.WaitGroup
	reader.Go(x.run) // ends with the socket
	defer reader.Wait()
	defer func() { _ = x.socket.Close() }()
	return s.ask(ctx, x)
}

func (s Search) validate() error {
	switch {
	case !s.Network.IsValid():
		return errors.New("no network is given")
	case s.Network.Addr().BitLen()-s.Network.Bits() > 16:
		return fmt.Errorf("%s has more than %d addresses: search a part of it", s.Network, maxSearched)
	case s.Rate < 1:
		return fmt.Errorf("rate %d is less than 1", s.Rate)
	}
	return s.Access.validateAccess()
}

// ask asks one address after the other, as fast as it may, and waits for answers
// all the while.
func (s Search) ask(ctx context.Context, x *exchange) (found []Proposal, asked int, err error) {
	var mu sync.Mutex // guards found
	var probes sync.WaitGroup
	ticker := time.NewTicker(time.Second / time.Duration(s.Rate))
	defer ticker.Stop()
	for a := range s.addresses() {
		access, err := newAccess(s.Access)
		if err != nil {
			return nil, asked, err
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		if ctx.Err() != nil {
			break
		}
		asked++
		probes.Go(func() { // bounded by the time-outs, and by ctx
			if p, ok := s.probe(ctx, x, access, a); ok {
				mu.Lock()
				defer mu.Unlock()
				found = append(found, p)
			}
		})
	}
	probes.Wait()
	slices.SortFunc(found, func(a, b Proposal) int {
		return netip.MustParseAddrPort(withPort(a.Address)).Compare(netip.MustParseAddrPort(withPort(b.Address)))
	})
	return unique(found), asked, ctx.Err()
}

func withPort(address string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(address, "161")
}

// unique gives devices with the same name their addresses for names.
func unique(found []Proposal) []Proposal {
	count := map[string]int{}
	for _, p := range found {
		count[p.Name]++
	}
	for i, p := range found {
		if count[p.Name] > 1 {
			found[i].Name = p.Address
		}
	}
	return found
}

// addresses are those of the network, without the two of IPv4 that no device has.
func (s Search) addresses() func(yield func(netip.AddrPort) bool) {
	port := s.Port
	if port == 0 {
		port = 161
	}
	network := s.Network.Masked()
	ends := network.Addr().Is4() && network.Bits() < 31
	return func(yield func(netip.AddrPort) bool) {
		for a := network.Addr(); network.Contains(a); a = a.Next() {
			last := !network.Contains(a.Next())
			if ends && (a == network.Addr() || last) {
				continue
			}
			if !yield(netip.AddrPortFrom(a, port)) {
				return
			}
		}
	}
}

// probe asks one address who it is and what it can tell.
func (s Search) probe(ctx context.Context, x *exchange, access *access, to netip.AddrPort) (Proposal, bool) {
	session := access.session(ctx, x, to, s.Timeout, 1)
	defer session.close()
	p := Proposal{Address: at(to), Name: at(to)}
	names := mib.New()
	var objects []object
	for _, name := range []string{"sysObjectID", "sysName", "sysDescr"} {
		number, _ := names.Number(name + ".0")
		objects = append(objects, object{metric: name, number: number})
	}
	var c clock
	_, err := session.scalars(objects, &c, func(o object, v value, _ time.Time) {
		switch o.metric {
		case "sysObjectID":
			p.ObjectID, p.Vendor = v.text, vendor(v.text)
		case "sysName":
			if v.text != "" {
				p.Name = v.text
			}
		case "sysDescr":
			p.Descr = strings.Join(strings.Fields(v.text), " ")
		}
	})
	if err != nil && session.values == 0 {
		return p, false
	}
	p.Modules = session.modules(names, p.ObjectID)
	return p, true
}

// modules finds what a device has to tell: of which modules it answers something.
func (s *session) modules(names *mib.Table, objectID string) (out []string) {
	witnesses := map[string]string{ // of a module, a part of the tree
		"system": "sysName", "if_mib": "ifOperStatus", "host_resources": "hrSystemUptime", "ucd": "memTotalReal",
		"entity_sensors": "entPhySensorValue", "squid": "cacheSysVMsize",
	}
	var objects []string
	for _, name := range Modules() {
		number, _ := names.Number(witnesses[name])
		objects = append(objects, number)
	}
	found, err := s.next(objects)
	for i, name := range Modules() {
		if v, answered := found[objects[i]]; answered && valueOf(v).class > ended {
			if _, below := mib.Index(objects[i], plainNumber(v.Name)); below {
				out = append(out, name)
			}
		}
	}
	switch {
	case len(out) > 0:
	case strings.HasPrefix(objectID, "1.3.6.1.4.1.3495."):
		out = []string{"squid"}
	case err != nil || objectID != "":
		out = []string{"system", "if_mib"} // what nearly every device has
	}
	return out
}

// vendor names who made a device, by the enterprise of its sysObjectID; IANA's
// list of enterprise numbers has 60,000, this those that farms are made of.
func vendor(objectID string) string {
	rest, is := mib.Index("1.3.6.1.4.1", objectID)
	if !is {
		return ""
	}
	number, _, _ := strings.Cut(rest, ".")
	return map[string]string{
		"9": "Cisco", "11": "HP", "43": "3Com", "63": "Apple", "171": "D-Link", "207": "Allied Telesis", "232": "HPE", "311": "Microsoft",
		"318": "APC", "343": "Intel", "476": "Liebert", "534": "Eaton", "674": "Dell", "789": "NetApp", "890": "Zyxel", "1588": "Brocade",
		"1916": "Extreme", "1991": "Foundry", "2011": "Huawei", "2021": "UCD", "2435": "Brother", "2636": "Juniper", "3076": "Altiga",
		"3375": "F5", "3495": "Squid", "3955": "Linksys", "4526": "Netgear", "5951": "Citrix", "6486": "Alcatel", "6527": "Nokia",
		"6574": "Synology", "6876": "VMware", "8072": "net-snmp", "8741": "SonicWall", "10002": "Frogfoot", "11863": "TP-Link",
		"12356": "Fortinet", "14179": "Airespace", "14823": "Aruba", "14988": "MikroTik", "17163": "Riverbed", "21296": "Infinera",
		"24681": "QNAP", "25461": "Palo Alto", "25506": "H3C", "30065": "Arista", "33049": "Mellanox", "41112": "Ubiquiti", "47196": "HPE Aruba",
	}[number]
}
