package peers

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS is a DNS server of loopback that knows one zone, and no other name. It is
// safe for concurrent use.
type DNS struct {
	Address string

	mu      sync.Mutex
	records map[string][]record // by name, in lower case, without the last dot
	broken  map[string]bool     // names that it fails at
}

type record struct {
	kind dnsmessage.Type
	body dnsmessage.ResourceBody
}

// StartDNS serves a zone, one record a line: NAME TYPE VALUE, such as
//
//	acme.example      MX  10 mx.acme.example
//	acme.example      TXT v=spf1 mx -all
//	mx.acme.example   A   127.0.0.1
//
// Types are A, AAAA, CNAME, MX, NS, PTR and TXT. A name of the type SERVFAIL has
// no answer.
func StartDNS(t testing.TB, zone string) *DNS {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &DNS{Address: conn.LocalAddr().String()}
	d.Set(t, zone)
	var serving sync.WaitGroup
	serving.Go(func() {
		buf := make([]byte, 4<<10)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			if reply, err := d.answer(buf[:n]); err == nil {
				_, _ = conn.WriteTo(reply, from) // who does not get it asks again
			}
		}
	})
	t.Cleanup(func() { _ = conn.Close(); serving.Wait() })
	return d
}

// Set replaces the zone.
func (d *DNS) Set(t testing.TB, zone string) {
	t.Helper()
	records, broken := map[string][]record{}, map[string]bool{}
	for line := range strings.Lines(zone) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		fields := strings.Fields(line)
		name := strings.ToLower(strings.TrimSuffix(fields[0], "."))
		if len(fields) == 2 && fields[1] == "SERVFAIL" {
			broken[name] = true
			continue
		}
		if len(fields) < 3 {
			t.Fatalf("zone: %q is not NAME TYPE VALUE", line)
		}
		r, err := parseRecord(fields[1], fields[2:])
		if err != nil {
			t.Fatalf("zone: %q: %v", line, err)
		}
		records[name] = append(records[name], r)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records, d.broken = records, broken
}

func parseRecord(kind string, value []string) (record, error) {
	name := func(s string) dnsmessage.Name { return dnsmessage.MustNewName(strings.TrimSuffix(s, ".") + ".") }
	switch kind {
	case "A", "AAAA":
		ip, err := netip.ParseAddr(value[0])
		if err != nil {
			return record{}, err
		}
		if kind == "A" {
			return record{dnsmessage.TypeA, &dnsmessage.AResource{A: ip.As4()}}, nil
		}
		return record{dnsmessage.TypeAAAA, &dnsmessage.AAAAResource{AAAA: ip.As16()}}, nil
	case "CNAME":
		return record{dnsmessage.TypeCNAME, &dnsmessage.CNAMEResource{CNAME: name(value[0])}}, nil
	case "NS":
		return record{dnsmessage.TypeNS, &dnsmessage.NSResource{NS: name(value[0])}}, nil
	case "PTR":
		return record{dnsmessage.TypePTR, &dnsmessage.PTRResource{PTR: name(value[0])}}, nil
	case "MX":
		preference, err := strconv.ParseUint(value[0], 10, 16)
		if err != nil || len(value) != 2 {
			return record{}, fmt.Errorf("want PREFERENCE HOST")
		}
		return record{dnsmessage.TypeMX, &dnsmessage.MXResource{Pref: uint16(preference), MX: name(value[1])}}, nil
	case "TXT":
		return record{dnsmessage.TypeTXT, &dnsmessage.TXTResource{TXT: pieces(strings.Join(value, " "))}}, nil
	}
	return record{}, fmt.Errorf("type %s is unknown here", kind)
}

// pieces cuts a text into the strings of a TXT record, which have 255 bytes at
// most (RFC 1035 section 3.3.14).
func pieces(text string) []string {
	const most = 255
	var all []string
	for len(text) > most {
		all, text = append(all, text[:most]), text[most:]
	}
	return append(all, text)
}

func (d *DNS) answer(query []byte) ([]byte, error) {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil {
		return nil, err
	}
	q, err := p.Question()
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: header.ID, Response: true, RecursionDesired: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	const longestChain = 8
	name := q.Name
	for range longestChain {
		key := strings.ToLower(strings.TrimSuffix(name.String(), "."))
		if d.broken[key] {
			m.RCode = dnsmessage.RCodeServerFailure
			break
		}
		if _, known := d.records[key]; !known {
			m.RCode = dnsmessage.RCodeNameError
			break
		}
		next, chained := d.add(&m, name, key, q.Type)
		if !chained {
			break
		}
		name = next
	}
	return m.Pack()
}

// add puts the records of one name into an answer, and tells where an alias
// leads.
func (d *DNS) add(m *dnsmessage.Message, name dnsmessage.Name, key string, kind dnsmessage.Type) (next dnsmessage.Name, chained bool) {
	for _, r := range d.records[key] {
		if r.kind != kind && r.kind != dnsmessage.TypeCNAME {
			continue
		}
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: name, Type: r.kind, Class: dnsmessage.ClassINET, TTL: 1}, Body: r.body,
		})
		if alias, ok := r.body.(*dnsmessage.CNAMEResource); ok && kind != dnsmessage.TypeCNAME {
			next, chained = alias.CNAME, true
		}
	}
	return next, chained
}
