package check

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// maxRecords bounds the records of an answer that are looked at.
const maxRecords = 1000

// records are those of an answer that are of the type asked for, as dig writes
// them, in small letters.
func (d *DNS) records(m dnsmessage.Message) []string {
	var all []string
	for _, r := range m.Answers[:min(len(m.Answers), maxRecords)] {
		if r.Header.Type == recordTypes()[d.Type] {
			all = append(all, record(r.Body))
		}
	}
	return all
}

func record(body dnsmessage.ResourceBody) string {
	switch r := body.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(r.A).String()
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(r.AAAA).String()
	case *dnsmessage.CNAMEResource:
		return canonical(r.CNAME.String())
	case *dnsmessage.NSResource:
		return canonical(r.NS.String())
	case *dnsmessage.PTRResource:
		return canonical(r.PTR.String())
	case *dnsmessage.MXResource:
		return canonical(fmt.Sprint(r.Pref, " ", r.MX))
	case *dnsmessage.SRVResource:
		return canonical(fmt.Sprint(r.Priority, " ", r.Weight, " ", r.Port, " ", r.Target))
	case *dnsmessage.SOAResource:
		return canonical(fmt.Sprint(trimDot(r.NS), " ", trimDot(r.MBox), " ", r.Serial, " ", r.Refresh, " ", r.Retry, " ", r.Expire, " ", r.MinTTL))
	case *dnsmessage.TXTResource:
		return canonical(strings.Join(r.TXT, ""))
	}
	return ""
}

func trimDot(n dnsmessage.Name) string { return strings.TrimSuffix(n.String(), ".") }

// canonical makes records comparable: small letters, names without the last dot,
// addresses in their one form, text without quotes.
func canonical(record string) string {
	record = strings.ToLower(strings.TrimSpace(record))
	if ip, err := netip.ParseAddr(record); err == nil {
		return ip.String()
	}
	if n := len(record); n > 1 && record[0] == '"' && record[n-1] == '"' {
		record = record[1 : n-1]
	}
	fields := strings.Fields(record)
	for i := range fields {
		fields[i] = strings.TrimSuffix(fields[i], ".")
	}
	return strings.Join(fields, " ")
}
