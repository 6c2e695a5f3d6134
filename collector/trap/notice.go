package trap

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/mib"
)

// Numbers of the objects that every notice may have.
const (
	numberUptime      = "1.3.6.1.2.1.1.3.0"
	numberTrap        = "1.3.6.1.6.3.1.1.4.1.0"
	numberEnterprise  = "1.3.6.1.6.3.1.1.4.3.0"
	numberAddress     = "1.3.6.1.6.3.18.1.3.0"
	numberCommunity   = "1.3.6.1.6.3.18.1.4.0"
	numberTraps       = "1.3.6.1.6.3.1.1.5"
	enterpriseGeneric = 6 // of version 1: a trap of the enterprise's own
)

// Notice is a trap or an inform in the shape of version 2.
type Notice struct {
	Version string // 1, 2c, 3
	Inform  bool
	Source  netip.AddrPort // who sent the datagram
	Agent   string         // the address that the trap names; "": none
	Number  string         // of the trap; "": it has none
	Name    string         // by name, or the number
	Vars    []Var
}

// Var is one of its objects.
type Var struct {
	Number string
	Value  string
}

// maxVars bounds the objects of a notice; the rest is left out.
const maxVars = 100

// noticeOf converts a decoded message.
func noticeOf(p *gosnmp.SnmpPacket, source netip.AddrPort, names *mib.Table) Notice {
	n := Notice{Version: p.Version.String(), Inform: p.PDUType == gosnmp.InformRequest, Source: source}
	vars := p.Variables
	if p.PDUType == gosnmp.Trap {
		n.fromV1(p)
	}
	for _, v := range vars {
		number, value := strings.TrimPrefix(v.Name, "."), textOf(v)
		switch number {
		case numberTrap:
			n.Number = value
		case numberAddress:
			n.Agent = named(value)
		case numberUptime, numberEnterprise, numberCommunity:
		default:
			if len(n.Vars) < maxVars && number != "" {
				n.Vars = append(n.Vars, Var{number, value})
			}
		}
	}
	n.Name = nameOf(n.Number, names)
	return n
}

// fromV1 maps the head of a trap of version 1 as RFC 3584 3.1 says.
func (n *Notice) fromV1(p *gosnmp.SnmpPacket) {
	enterprise := strings.TrimPrefix(p.Enterprise, ".")
	if p.GenericTrap == enterpriseGeneric {
		n.Number = fmt.Sprintf("%s.0.%d", enterprise, p.SpecificTrap)
	} else {
		n.Number = fmt.Sprintf("%s.%d", numberTraps, p.GenericTrap+1)
	}
	n.Agent = named(p.AgentAddress)
}

// nameOf names a trap. Some vendors define theirs without the 0 that RFC 3584 puts
// before the last part: both are looked for.
func nameOf(number string, names *mib.Table) string {
	if number == "" {
		return "trap without snmpTrapOID"
	}
	if short := names.Name(withoutZero(number)); isWhole(short) {
		return short
	}
	return names.Name(number)
}

// isWhole reports whether a name stands for all of a number.
func isWhole(name string) bool { return !strings.Contains(name, ".") }

// named returns the address that a trap names, "" if it is none: 0.0.0.0 is what
// agents send that do not know their own.
func named(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil || a.IsUnspecified() {
		return ""
	}
	return a.String()
}

func textOf(v gosnmp.SnmpPDU) string {
	switch x := v.Value.(type) {
	case nil:
		return ""
	case []byte:
		return mib.Text(x)
	case string:
		return mib.Text([]byte(strings.TrimPrefix(x, ".")))
	case float32, float64, int, uint, uint32, uint64:
		return fmt.Sprint(x)
	}
	return mib.Text(fmt.Append(nil, v.Value))
}

// value returns the value of the first instance of an object.
func (n Notice) value(object string) (value string, ok bool) {
	for _, v := range n.Vars {
		if _, below := mib.Index(object, v.Number); below || v.Number == object {
			return v.Value, true
		}
	}
	return "", false
}

// ifIndex finds which interface a notice is about: the value of ifIndex, or the
// index of something else of IF-MIB.
func (n Notice) ifIndex() (int, bool) {
	const ifEntry, ifXEntry = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
	if v, ok := n.value(ifEntry + ".1"); ok {
		if i, err := strconv.Atoi(v); err == nil {
			return i, true
		}
	}
	for _, v := range n.Vars {
		for _, entry := range []string{ifEntry, ifXEntry} {
			if rest, below := mib.Index(entry, v.Number); below {
				_, index, _ := strings.Cut(rest, ".")
				if i, err := strconv.Atoi(index); err == nil {
					return i, true
				}
			}
		}
	}
	return 0, false
}

// lines are the objects for people, one a line.
func (n Notice) lines(names *mib.Table) string {
	var b strings.Builder
	for _, v := range n.Vars {
		fmt.Fprintf(&b, "%s = %s\n", names.Name(v.Number), v.Value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
