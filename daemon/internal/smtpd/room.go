package smtpd

import "time"

// When all connections are taken, the one that has kept us waiting the longest
// goes, not the newcomer: stalled clients from many addresses cost an attacker
// next to nothing, and must not keep a mail out. Who makes steps, or sends a mail
// at the least rate or faster, is never hung up on, nor are named relays.

// makeRoom hangs up on a connection that keeps us waiting, if there is one. The
// caller holds mu.
func (s *Server) makeRoom() bool {
	var victim *conn
	now := time.Now()
	oldest := now.Add(-s.limits.busyFor)
	for c := range s.conns {
		if since, waiting := c.waitingSince(); waiting && since.Before(oldest) {
			victim, oldest = c, since
		}
	}
	if victim == nil {
		return false
	}
	s.drop(victim)
	victim.makeWay()
	s.meter.MailRefused("stalled")
	s.log.Info("connection closed to make room", "peer", victim.peerName(), "waited", now.Sub(oldest).Round(time.Second).String())
	return true
}

// waitingSince is when a client made its last step, or until when it paid for its
// place with bytes of a mail; waiting tells that it is its turn.
func (c *conn) waitingSince() (since time.Time, waiting bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paid, c.waiting && c.relay == nil && c.failed == nil
}

// makeWay tells a connection, from aside, that its place is taken.
func (c *conn) makeWay() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed, c.last, c.evicted = errMadeRoom, errMadeRoom, true
	_ = c.raw.SetDeadline(longAgo) // wakes what waits
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// pay lets bytes of a mail count as time, at the least rate. The caller holds
// mu.
func (c *conn) pay(bytes int, now time.Time) {
	if c.paid.Before(now) {
		c.paid = now
	}
	worth := time.Duration(bytes) * time.Second / time.Duration(c.server.limits.MinRate)
	if most := now.Add(c.server.limits.rateCredit); c.paid.Add(worth).Before(most) {
		c.paid = c.paid.Add(worth)
	} else {
		c.paid = most
	}
}
