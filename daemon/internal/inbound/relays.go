package inbound

import "net/netip"

// Relay is a mail server in front of us that the operator named. Of mail that it
// brings, SPF tells us nothing: it would be about the relay.
type Relay struct {
	Network netip.Prefix
	Socket  bool // whoever comes over the unix socket, instead of a network

	// Results is the authserv-id (RFC 8601 section 2.5) of the server whose
	// Authentication-Results are believed when they stand on top of what the relay
	// brings. It must add the field to every mail and remove those that claim to be
	// its own. "" for a relay that checks its senders: it is believed whatever From
	// says.
	Results string
}

// Relays are all that were named.
type Relays []Relay

// SocketPeer is the Envelope.Peer of who comes over the unix socket.
const SocketPeer = "unix"

// Find returns the relay that a client is, named as in Envelope.Peer; nil if it is
// none. One that was named with and without a server whose results are believed is
// not believed blindly.
func (rs Relays) Find(peer string) *Relay {
	client, err := netip.ParseAddr(peer)
	client = client.Unmap().WithZone("") // as prefixes are written
	var found *Relay
	for i, r := range rs {
		is := r.Socket && peer == SocketPeer || !r.Socket && err == nil && r.Network.Contains(client)
		if is && (found == nil || found.Results == "") {
			found = &rs[i]
		}
	}
	return found
}

// By notes in the envelope which relay brought the mail; nil for none.
func (e *Envelope) By(r *Relay) {
	e.Trusted, e.Results, e.Refusable = r != nil && r.Results == "", "", r == nil
	if r != nil {
		e.Results = r.Results
	}
}

// believed is the server whose Authentication-Results are believed, "" for none:
// that of the relay, or the one that the mailbox declares for mail that is
// fetched or relayed. A client that nobody named may write the field itself.
func (c *incoming) believed() string {
	switch {
	case c.env.Results != "":
		return c.env.Results
	case c.env.Trusted, c.env.Peer == "":
		return c.box.Results
	}
	return ""
}
