// Package links makes and reads what Postern signs: the portal link of one
// participant of one ticket, the reply address and the bounce address of one
// outgoing copy, the addresses by which one agent answers and notes in one
// ticket, and our own Message-IDs.
//
// All of them are capabilities in a few dozen characters: a packed record and a
// truncated HMAC-SHA256. They locate; whether the bearer may do something is
// decided by the caller from the stored ticket (does it exist, is the
// participant active, is the generation current, does the help center allow
// it). A reply address or a Message-ID never proves who writes.
//
// # Keys
//
// A [Ring] holds master secrets. What signs is derived from one of them by
// HKDF-SHA256 (RFC 5869) with the [Audience] as salt and the purpose as info,
// so that a token of one help center, or of one kind, is noise to another.
//
// # Layouts
//
// Integers are big endian. The MAC is over a label, a NUL, and all bytes before
// the MAC.
//
//	link: 35 bytes, "pl1_" and 47 characters of unpadded base64url (RFC 4648)
//	 0  1  version, 1
//	 1  1  kid
//	 2  1  scope
//	 3  4  expiry in Unix seconds
//	 7  2  link generation of the participant
//	 9  8  ticket
//	17  2  participant
//	19 16  MAC
//
//	reply, bounce, agent's reply and note, Message-ID: 25 bytes, 40 characters of lower-case base32
//	 0  1  type in the high four bits, kid in the low four
//	 1  8  ticket
//	 9  2  participant, or an agent's seat
//	11  1  generation
//	12 13  MAC
//
// 47 characters carry two bits more than 35 bytes; those must be zero, so the
// last character is never "-" or "_", which mail programs cut off a URL. 40
// characters of base32 are 25 bytes exactly. Each record therefore has one
// accepted spelling (base32 apart from ASCII case, which mail servers change).
package links
