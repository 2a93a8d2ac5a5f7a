package links

import (
	"crypto/hmac"
	"encoding/base32"
	"encoding/binary"
)

// Reply is what a reply address, a bounce address or a Message-ID of ours says:
// which copy of which ticket it belongs to. It does not expire; the caller
// compares Gen with the stored generation and looks at the ticket.
type Reply struct {
	Ticket      uint64
	Participant uint16 // who that copy was sent to: a participant, or the seat of an agent
	Gen         uint8  // low byte of the participant's generation
}

const (
	replyBody  = 12
	replyMAC   = 13
	replyBytes = replyBody + replyMAC

	// ReplyTokenLen is the length of all tokens in addresses: 25 bytes in
	// base32, which leaves no bit over.
	ReplyTokenLen = 40

	base32Alphabet = "abcdefghijklmnopqrstuvwxyz234567" // RFC 4648 section 6, lower case
)

var lowerBase32 = base32.NewEncoding(base32Alphabet).WithPadding(base32.NoPadding)

// ReplyToken is the token of a reply address: 40 characters of [a-z2-7].
func (s *Signer) ReplyToken(aud Audience, r Reply) string { return s.pack(aud, forReply, r) }

// ParseReplyToken reads the token of a reply address in any ASCII case.
// [ErrInvalid] if it is not authentic for aud.
func (s *Signer) ParseReplyToken(aud Audience, token string) (Reply, error) {
	return s.unpack(aud, forReply, token)
}

// BounceToken is the token of an envelope sender (RFC 5321 MAIL FROM), by which
// a delivery report finds its delivery: 40 characters of [a-z2-7].
func (s *Signer) BounceToken(aud Audience, r Reply) string { return s.pack(aud, forBounce, r) }

// ParseBounceToken reads the token of a bounce address in any ASCII case.
// [ErrInvalid] if it is not authentic for aud.
func (s *Signer) ParseBounceToken(aud Audience, token string) (Reply, error) {
	return s.unpack(aud, forBounce, token)
}

// AgentReplyToken is the token of the address by which an agent answers a
// ticket: 40 characters of [a-z2-7]. Participant is the agent's seat.
func (s *Signer) AgentReplyToken(aud Audience, r Reply) string { return s.pack(aud, forAnswer, r) }

// ParseAgentReplyToken reads the token of an agent's reply address in any ASCII
// case. [ErrInvalid] if it is not authentic for aud.
func (s *Signer) ParseAgentReplyToken(aud Audience, token string) (Reply, error) {
	return s.unpack(aud, forAnswer, token)
}

// AgentNoteToken is the token of the address by which an agent notes something
// in a ticket: 40 characters of [a-z2-7]. Participant is the agent's seat.
func (s *Signer) AgentNoteToken(aud Audience, r Reply) string { return s.pack(aud, forNote, r) }

// ParseAgentNoteToken reads the token of an agent's note address in any ASCII
// case. [ErrInvalid] if it is not authentic for aud.
func (s *Signer) ParseAgentNoteToken(aud Audience, token string) (Reply, error) {
	return s.unpack(aud, forNote, token)
}

func (s *Signer) pack(aud Audience, p purpose, r Reply) string {
	kid, key := s.signing(aud, p)
	var b [replyBytes]byte
	b[0] = p.kind<<4 | kid
	binary.BigEndian.PutUint64(b[1:], r.Ticket)
	binary.BigEndian.PutUint16(b[9:], r.Participant)
	b[11] = r.Gen
	mac := key.mac(p.label, b[:replyBody])
	copy(b[replyBody:], mac[:])
	return lowerBase32.EncodeToString(b[:])
}

func (s *Signer) unpack(aud Audience, p purpose, token string) (Reply, error) {
	lower, ok := foldBase32(token, ReplyTokenLen)
	if !ok {
		return Reply{}, ErrInvalid
	}
	var b [replyBytes]byte
	if n, err := lowerBase32.Decode(b[:], []byte(lower)); err != nil || n != replyBytes {
		return Reply{}, ErrInvalid
	}
	if b[0]>>4 != p.kind {
		return Reply{}, ErrInvalid
	}
	key, ok := s.verifying(b[0]&0x0f, aud, p)
	if !ok {
		return Reply{}, ErrInvalid
	}
	mac := key.mac(p.label, b[:replyBody])
	if !hmac.Equal(mac[:replyMAC], b[replyBody:]) {
		return Reply{}, ErrInvalid
	}
	return Reply{
		Ticket:      binary.BigEndian.Uint64(b[1:]),
		Participant: binary.BigEndian.Uint16(b[9:]),
		Gen:         b[11],
	}, nil
}

// foldBase32 returns s in lower case if it is n characters of base32 in any
// ASCII case. It works on bytes: Unicode folding would take the Kelvin sign for
// a k. The check also keeps CR and LF from the decoder, which would skip them.
func foldBase32(s string, n int) (string, bool) {
	if len(s) != n {
		return "", false
	}
	lower := []byte(s)
	for i, c := range lower {
		switch {
		case c >= 'A' && c <= 'Z':
			lower[i] = c + ('a' - 'A')
		case c >= 'a' && c <= 'z', c >= '2' && c <= '7':
		default:
			return "", false
		}
	}
	return string(lower), true
}
