package mailauth

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestPublishedSPF(t *testing.T) {
	z := &zone{
		txt: map[string][]string{
			"acme.example": {"v=spf1 ip4:192.0.2.25 -all"}, "all.example": {"v=spf1 +all"}, "two.example": {"v=spf1 -all", "v=spf1 +all"},
		},
		fail: map[string]error{"away.example": errServfail},
	}
	c := New(Options{Resolver: z})
	for _, test := range []struct {
		name, domain, server, want string
	}{
		{"may send", "acme.example", "192.0.2.25", Pass},
		{"may not", "acme.example", "192.0.2.26", Fail},
		{"everybody may", "all.example", "192.0.2.25", Policy},
		{"two records", "two.example", "192.0.2.25", PermError},
		{"no record", "none.example", "192.0.2.25", None},
		{"no answer", "away.example", "192.0.2.25", TempError},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := c.SPF(t.Context(), netip.MustParseAddr(test.server), "mx.acme.example", helpdesk.MustAddress("support@"+test.domain))
			if got.Result != test.want || got.Domain != test.domain {
				t.Errorf("found %+v, want %s", got, test.want)
			}
		})
	}
}

func TestPublishedPolicy(t *testing.T) {
	z := &zone{
		txt: map[string][]string{
			"_dmarc.acme.example": {"v=DMARC1; p=reject; sp=none"}, "_dmarc.broken.example": {"v=DMARC1; p=maybe"},
		},
		fail: map[string]error{"_dmarc.away.example": errServfail},
	}
	c := New(Options{Resolver: z})
	for _, test := range []struct {
		name, domain string
		want         DMARC
		fails        bool
	}{
		{"its own", "acme.example", DMARC{Result: Pass, Domain: "acme.example", Organization: "acme.example", Policy: "reject"}, false},
		{"of the organization", "help.acme.example", DMARC{Result: Pass, Domain: "acme.example", Organization: "acme.example", Policy: "none"}, false},
		{"none", "none.example", DMARC{Result: None, Organization: "none.example"}, false},
		{"broken", "broken.example", DMARC{Result: None, Organization: "broken.example",
			Reason: "The DMARC record of broken.example has no valid p and no address for reports, so it does not count."}, false},
		{"no answer", "away.example", DMARC{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := c.Policy(t.Context(), test.domain)
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
