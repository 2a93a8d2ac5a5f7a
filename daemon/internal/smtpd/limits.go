package smtpd

import (
	"cmp"
	"time"
)

// Limits of the dialog. Zero values are replaced by those of DefaultLimits.
// "Named relays are exempt" means those of Options.Relays.
type Limits struct {
	Connections   int           // in all; when they are there, room is made (room.go)
	PerAddress    int           // from one address, of IPv6 one /64; named relays and unix sockets are exempt
	Recipients    int           // of one mail
	BadRecipients int           // of one connection, before it is closed; named relays are exempt
	Commands      int           // of one connection since its last mail that was taken; named relays are exempt
	Errors        int           // answers that begin with 5, on one connection; named relays are exempt
	Mails         int           // of one connection; named relays are exempt
	MessageBytes  int64         // of one mail
	Greeting      time.Duration // that a client is watched before it is greeted; named relays are exempt
	Idle          time.Duration // without a byte from the client
	Session       time.Duration // of one connection; named relays are exempt
	RateGrace     time.Duration // from the start of a mail, before MinRate holds
	MinRate       int64         // bytes a second within a mail
	Drain         time.Duration // for transfers under way at shutdown

	discardAtMost   int64         // bytes read outside of a mail before hanging up
	commandAtMost   int           // octets of a command line
	smallChunk      int64         // octets of a BDAT chunk that counts as a command
	writeAtMost     time.Duration // for one answer
	lingerAtMost    time.Duration // for a client that still sends after the last answer
	abortAtMost     time.Duration // for transfers to end once they are told to
	handshakeAtMost time.Duration // for TLS to begin
	proxyAtMost     time.Duration // for the header of a proxy to come
	busyFor         time.Duration // after its last step, a client is not hung up on to make room
	rateCredit      time.Duration // that bytes of a mail, sent ahead of MinRate, keep a client from being hung up on
}

// DefaultLimits, each with its reason.
func DefaultLimits() Limits {
	return Limits{
		Connections:   3000,             // some 30 KiB each, twice that with TLS; two file descriptors while a mail comes in
		PerAddress:    20,               // no honest sender opens more at once
		Recipients:    100,              // RFC 5321 section 4.5.3.1.8: the least a server must take
		BadRecipients: 10,               // guessing addresses has to be slow
		Commands:      100,              // a mail takes three, and Postfix allows as many that come to nothing
		Errors:        20,               // as Postfix: who was refused so often reads no answers
		Mails:         1000,             // as Exim: a queue connects again, and a balancer may choose anew
		MessageBytes:  150 << 20,        // the most that a mailbox may declare; what the largest one does is told and held to
		Greeting:      0,                // whoever talks early does so at once; waiting would cost every sender
		Idle:          5 * time.Minute,  // RFC 5321 section 4.5.3.2.7
		Session:       30 * time.Minute, // 35 MiB fit at 20 KiB a second, 150 MiB at 86
		RateGrace:     time.Minute,      // slow starts are honest
		MinRate:       1 << 10,          // slower is an attack, or hopeless
		Drain:         25 * time.Second, // under the 30 seconds that Kubernetes waits

		discardAtMost:   150 << 20, // most clients learn of 552 only after sending all
		commandAtMost:   4 << 10,   // RFC 5321 section 4.5.3.1.4 wants 512, extensions some hundreds more
		smallChunk:      1 << 10,   // clients that mean it send chunks of tens of KiB
		writeAtMost:     time.Minute,
		lingerAtMost:    10 * time.Second, // a reset would only take away the answer
		abortAtMost:     2 * time.Second,  // Kubernetes has 5 left; the store closes next
		handshakeAtMost: 30 * time.Second, // two round trips; RFC 5321's minutes are for people at work
		proxyAtMost:     5 * time.Second,  // a proxy has it ready when it connects
		busyFor:         time.Second,      // a round trip to the other side of the world, and a lookup
		rateCredit:      10 * time.Second, // a stall that TCP recovers from
	}
}

// withDefaults replaces zero values.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Connections:   cmp.Or(l.Connections, d.Connections),
		PerAddress:    cmp.Or(l.PerAddress, d.PerAddress),
		Recipients:    cmp.Or(l.Recipients, d.Recipients),
		BadRecipients: cmp.Or(l.BadRecipients, d.BadRecipients),
		Commands:      cmp.Or(l.Commands, d.Commands),
		Errors:        cmp.Or(l.Errors, d.Errors),
		Mails:         cmp.Or(l.Mails, d.Mails),
		MessageBytes:  cmp.Or(l.MessageBytes, d.MessageBytes),
		Greeting:      cmp.Or(l.Greeting, d.Greeting),
		Idle:          cmp.Or(l.Idle, d.Idle),
		Session:       cmp.Or(l.Session, d.Session),
		RateGrace:     cmp.Or(l.RateGrace, d.RateGrace),
		MinRate:       cmp.Or(l.MinRate, d.MinRate),
		Drain:         cmp.Or(l.Drain, d.Drain),

		discardAtMost:   cmp.Or(l.discardAtMost, d.discardAtMost),
		commandAtMost:   cmp.Or(l.commandAtMost, d.commandAtMost),
		smallChunk:      cmp.Or(l.smallChunk, d.smallChunk),
		writeAtMost:     cmp.Or(l.writeAtMost, d.writeAtMost),
		lingerAtMost:    cmp.Or(l.lingerAtMost, d.lingerAtMost),
		abortAtMost:     cmp.Or(l.abortAtMost, d.abortAtMost),
		handshakeAtMost: cmp.Or(l.handshakeAtMost, d.handshakeAtMost),
		proxyAtMost:     cmp.Or(l.proxyAtMost, d.proxyAtMost),
		busyFor:         cmp.Or(l.busyFor, d.busyFor),
		rateCredit:      cmp.Or(l.rateCredit, d.rateCredit),
	}
}
