package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// startDNS is a DNS server that knows some TXT records and no other name.
func startDNS(t *testing.T, txt map[string]string) string {
	t.Helper()
	var zone strings.Builder
	for name, text := range txt {
		fmt.Fprintln(&zone, name, "TXT", text)
	}
	return peers.StartDNS(t, zone.String()).Address
}
