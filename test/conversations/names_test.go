package conversations

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// domain is where people write from: what it publishes, and the network that
// its servers are in.
type domain struct {
	name    string
	network int    // 127.0.N.0/24: on Linux, all of 127.0.0.0/8 is this machine
	spf     bool   // says that its network sends for it
	signs   bool   // with DKIM
	dmarc   string // record, "" for none
	key     ed25519.PrivateKey
}

// Domains that people write from, and what can be proven about them.
var domainTable = []domain{
	{name: "customer.test", network: 1, spf: true, signs: true, dmarc: "v=DMARC1; p=quarantine"},
	{name: "spf.test", network: 2, spf: true},                                  // a forwarder breaks its only proof
	{name: "signed.test", network: 3, signs: true, dmarc: "v=DMARC1; p=none"},  // sends from anywhere
	{name: "bank.test", network: 4, spf: true, signs: true, dmarc: rejectsAll}, // whoever else uses its name fails
	{name: "loose.test", network: 5},                                           // nothing can be proven
	{name: "evil.test", network: 6, spf: true, signs: true, dmarc: rejectsAll}, // attackers prove themselves, too
	{name: "forward.test", network: 7, spf: true},
	{name: "lists.test", network: 8, spf: true, signs: true},
	{name: "robots.test", network: 9, spf: true, signs: true},
	{name: "slack.test", network: 10, spf: true, signs: true, dmarc: rejectsAll},
	{name: "acme.test", network: 11, spf: true, signs: true, dmarc: rejectsAll},
	{name: "beta.test", network: 11, spf: true, dmarc: rejectsAll},
	{name: "globex.test", network: 12, spf: true, dmarc: rejectsAll},
}

const rejectsAll = "v=DMARC1; p=reject"

const selector = "s1"

// peer is the address of one of the domain's servers. There are many, as there
// are at a large provider, so that limits for one address do not matter.
func (d *domain) peer(r *rand.Rand) string {
	return fmt.Sprintf("127.0.%d.%d", d.network, 1+r.IntN(40))
}

// names is the domain name system of the run.
type names struct {
	address string
	domains map[string]*domain
	txt     map[string]string
}

// startNames makes the keys and answers on loopback.
func startNames(t *testing.T, seed uint64) *names {
	t.Helper()
	n := &names{domains: map[string]*domain{}, txt: map[string]string{}}
	r := rand.New(rand.NewPCG(seed, 53))
	for _, d := range domainTable {
		n.publish(&d, r)
		n.domains[d.name] = &d
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.address = conn.LocalAddr().String()
	var wg sync.WaitGroup
	wg.Go(func() { n.serve(conn) })
	t.Cleanup(func() { _ = conn.Close(); wg.Wait() })
	return n
}

func (n *names) publish(d *domain, r *rand.Rand) {
	if d.spf {
		n.txt[d.name] = fmt.Sprintf("v=spf1 ip4:127.0.%d.0/24 -all", d.network)
	}
	if d.dmarc != "" {
		n.txt["_dmarc."+d.name] = d.dmarc
	}
	if d.signs {
		seed := make([]byte, ed25519.SeedSize)
		for i := range seed {
			seed[i] = byte(r.Uint32())
		}
		d.key = ed25519.NewKeyFromSeed(seed)
		public := base64.StdEncoding.EncodeToString(d.key.Public().(ed25519.PublicKey))
		n.txt[selector+"._domainkey."+d.name] = "v=DKIM1; k=ed25519; p=" + public
	}
}

func (n *names) serve(conn net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		size, from, err := conn.ReadFrom(buf)
		if err != nil {
			return // closed
		}
		if reply, err := n.answer(buf[:size]); err == nil {
			_, _ = conn.WriteTo(reply, from) // who does not get it asks again
		}
	}
}

// answer knows TXT records and says of any other name that it is not there.
func (n *names) answer(query []byte) ([]byte, error) {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil {
		return nil, err
	}
	q, err := p.Question()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	record, known := n.txt[name]
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: header.ID, Response: true, RecursionDesired: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	switch {
	case known && q.Type == dnsmessage.TypeTXT:
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60},
			Body:   &dnsmessage.TXTResource{TXT: []string{record}},
		}}
	case !known && n.domains[name] == nil:
		m.RCode = dnsmessage.RCodeNameError
	}
	return m.Pack()
}
