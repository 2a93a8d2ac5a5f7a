package outside

import (
	"context"
	"errors"
	"net/netip"
	"testing"
)

// covers: S25
func TestWhereHostsMayBe(t *testing.T) {
	operator := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		address     string
		alone, also bool // without networks of the operator, and with them
	}{
		{"93.184.216.34", true, true},
		{"2606:2800:220:1:248:1893:25c8:1946", true, true},
		{"127.0.0.1", false, false},
		{"::1", false, true},
		{"::ffff:127.0.0.1", false, false},
		{"::127.0.0.1", false, false},
		{"10.1.2.3", false, true},
		{"::ffff:10.1.2.3", false, true},
		{"10.2.0.1", false, false},
		{"172.16.0.1", false, false},
		{"192.168.1.1", false, false},
		{"100.64.0.1", false, false},
		{"100.100.100.200", false, false},
		{"169.254.169.254", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"fe80::1%eth0", false, false},
		{"fd12::1", false, true},
		{"fd00:ec2::254", false, false},
		{"fd20:ce::254", false, false},
		{"168.63.129.16", false, false},
		{"192.0.0.192", false, false},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"64:ff9b::5db8:d822", true, true},   // a public one where there is no IPv4
		{"64:ff9b::7f00:1", false, false},    // 127.0.0.1
		{"64:ff9b::a9fe:a9fe", false, false}, // 169.254.169.254
		{"2002:7f00:1::", false, false},
		{"2001:0:7f00:1::", false, false},
	} {
		a := netip.MustParseAddr(test.address)
		if got := (guard{}.allows(a)); got != test.alone {
			t.Errorf("%s: allowed %t", a, got)
		}
		if got := (guard{networks: operator}.allows(a)); got != test.also {
			t.Errorf("%s with networks of the operator: allowed %t", a, got)
		}
	}
}

func TestWhatIsNoAddress(t *testing.T) {
	if err := (guard{}.control(t.Context(), "tcp", "nonsense", nil)); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("no address: %v", err)
	}
}
