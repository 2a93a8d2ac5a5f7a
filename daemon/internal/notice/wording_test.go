package notice

import (
	"testing"
)

// covers: P06
func TestClass(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   string
		status string // of the report, "" for that in the text
		want   Class
	}{
		{"nobody", "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table", "", Hard},
		{"nobody, temporary code", "450 4.1.1 <a@b.example>: User unknown", "", Hard},
		{"nobody, generic code", "550 No such user here (in reply to RCPT TO command)", "5.0.0", Hard},
		{"nobody, unknown command", "550 No such user here", "5.0.0", Block},
		{"nobody, no reply of SMTP", "Unknown user: alice", "", Hard},
		{"no domain, reply", "550 Host unknown", "", Hard},
		{"nobody, after the data", "550 User unknown (in reply to end of DATA command)", "5.0.0", Block},
		{"nobody, after the data, exact code", "550 5.1.1 User unknown (in reply to end of DATA command)", "", Hard},
		{"nobody, of the sender", "553 sender.example does not exist (in reply to MAIL FROM command)", "", Block},
		{"nobody, German", "Benutzer unbekannt", "", Hard},
		{"nobody, French", "Adresse inconnue", "", Hard},
		{"nobody, Spanish", "El destinatario no existe", "", Hard},
		{"nobody, Russian", "пользователь не найден", "", Hard},
		{"nobody, Japanese", "宛先のユーザが存在しません", "", Hard},
		{"nobody, Chinese", "用户不存在", "", Hard},
		{"nobody, Korean", "수신자가 존재하지 않습니다", "", Hard},
		{"no domain", "Host or domain name not found", "5.4.4", Hard},
		{"null MX", "550 5.7.27 the domain does not accept mail", "", Hard},
		{"moved", "551 5.1.6 not our user", "", Hard},
		{"full", "552 5.2.2 mailbox is full", "", Soft},
		{"full, exact hard code", "550 5.1.1 over quota", "", Soft},
		{"full, lines in pieces", "550-5.2.1 The mailbox has exceeded\n550 5.2.1 its limit", "", Soft},
		{"rate", "550-5.2.1 receiving mail at a rate\n550-5.2.1 that prevents more", "", Block},
		{"disabled", "550 5.2.1 The account is disabled", "", Soft},
		{"too big", "552 5.2.3 message size exceeds fixed maximum", "", Soft},
		{"spam", "554 5.7.1 looks like spam", "", Block},
		{"spam, exact hard code", "550 5.1.1 blocked by our spam filter", "", Block},
		{"policy", "550 5.7.1 rejected per DMARC policy", "", Block},
		{"blocklist", "550 192.0.2.1 is listed in a block list", "", Block},
		{"relay", "554 5.7.1 relay access denied", "", Block},
		{"first contact", "450 try later, greylisted", "", Block},
		{"words in a link only", "550 5.1.1 see https://mx.example/spam-policy", "", Hard},
		{"words in an address only", "550 5.1.1 <spam@full.example>", "", Hard},
		{"time", "connect to mx.example[192.0.2.1]:25: Connection timed out", "4.4.1", Soft},
		{"loop", "554 5.4.14 hop count exceeded", "", Soft},
		{"system", "451 4.3.0 queue file write error", "", Soft},
		{"weak words, exact code", "550 5.1.1 <a@b.example>: Recipient address rejected: b.example", "", Hard},
		{"weak words, policy code", "550 5.7.1 <a@b.example>: Recipient address rejected: Access denied", "", Block},
		{"weak words, directory of Exchange", "550 5.4.1 Recipient address rejected: Access denied", "", Hard},
		{"nobody, command unknown", "550 Unknown user a@b.example", "", Block},
		{"nobody in a table name", "550 5.1.1 User unknown in virtual mailbox table", "", Hard},
		{"nobody, words apart", "550 Der Benutzer mit diesem Namen existiert hier nicht (in reply to RCPT TO command)", "", Hard},
		{"nobody, Hungarian", "550 Felhasználó nem található (in reply to RCPT TO command)", "", Hard},
		{"nobody, Lithuanian", "550 Vartotojas nerastas (in reply to RCPT TO command)", "", Hard},
		{"closed to us", "550 this recipient does not accept mails from your domain (in reply to RCPT TO command)", "", Block},
		{"closed to all", "550 the domain does not accept mail (in reply to RCPT TO command)", "", Hard},
		{"host takes nothing", "521 5.2.1 (CON:B1)", "", Block},
		{"hops, many", "554 5.4.6 Error: too many hops", "", Soft},
		{"connection refused by the network", "connect to mx.example[192.0.2.1]:25: Connection refused", "4.4.1", Soft},
		{"connection refused by the server", "554 Connection refused by policy", "", Block},
		{"network not allowed", "554 Host network not allowed", "", Block},
		{"full, words apart", "552 Skrzynka tego odbiorcy jest obecnie przepełniona", "", Soft},
		{"full is not in recipient", "550 5.1.1 No mailbox of this recipient", "", Hard},
		{"reply below sentences", "The server refused the mail:\n550 5.1.1 User unknown", "", Hard},
		{"damaged mailbox", "550 5.3.2 Missing or bad mailbox Database properties", "", Soft},
		{"not there, but a record", "550 SPF record not found (in reply to RCPT TO command)", "", Block},
		{"not there, but a certificate", "554 Certificate not found (in reply to RCPT TO command)", "", Block},
		{"not listed, but a host", "550 192.0.2.1 is not listed in the SPF record (in reply to RCPT TO command)", "", Block},
		{"gone, but the session", "421 connection terminated (in reply to RCPT TO command)", "", Soft},
		{"gone, but the message", "550 The message was deleted (in reply to RCPT TO command)", "", Unknown},
		{"nobody, but the sender", "553 From address does not exist (in reply to RCPT TO command)", "", Block},
		{"nobody, for now", "450 mailbox unavailable (in reply to RCPT TO command)", "", Soft},
		{"nobody, for now, exact code", "450 4.1.1 User unknown", "", Hard},
		{"nobody, by the address alone", "550 <a@b.example>: not found (in reply to RCPT TO command)", "", Hard},
		{"nobody, beginning with the verb", "550 Aucun utilisateur de ce nom (in reply to RCPT TO command)", "", Hard},
		{"code alone 5.1.351", "", "5.1.351", Hard},
		{"code alone 5.1.2", "", "5.1.2", Hard},
		{"code alone 5.2.1", "", "5.2.1", Soft},
		{"code alone 5.7.1", "", "5.7.1", Block},
		{"code alone 5.1.8", "", "5.1.8", Block},
		{"code alone 4.7.0", "", "4.7.0", Block},
		{"code alone 4.2.1", "", "4.2.1", Soft},
		{"code alone 5.3.4", "", "5.3.4", Soft},
		{"code alone 5.0.0", "", "5.0.0", Unknown},
		{"code alone 5.1.0", "", "5.1.0", Unknown},
		{"reply code alone", "550", "", Unknown},
		{"nothing", "", "", Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := accountOf(c.text)
			if c.status != "" {
				a.status = c.status
			}
			if got := a.class(); got != c.want {
				t.Errorf("class = %s, want %s (%+v)", got, c.want, a)
			}
		})
	}
}

// covers: P06
func TestReply(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   string
		code   int
		status string
	}{
		{"plain", "550 5.1.1 no", 550, "5.1.1"},
		{"continued", "550-5.7.1 no\n550 5.7.1 never", 550, "5.7.1"},
		{"said", "host mx.example[192.0.2.25] said: 452 4.2.2 full", 452, "4.2.2"},
		{"in a transcript", "<<< 553 no such user", 553, ""},
		{"in brackets", "unavailable. [SMTP Error Code 550]", 550, ""},
		{"status at the end", "no mailbox here by that name (#5.1.1)", 0, "5.1.1"},
		{"quoted", "returned '550 5.1.10 not found'", 550, "5.1.10"},
		{"address of a host", "host 192.0.2.5.4.1 and 5.1.1.7", 0, ""},
		{"number in a sentence", "more than 500 mails in 450 minutes", 0, ""},
		{"size", "SIZE=1543: nothing", 0, ""},
		{"version", "Server 5.5.2653.19", 0, ""},
		{"good reply first", "250 2.1.5 ok\n554 5.3.0 no", 554, "5.3.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := accountOf(c.text)
			if a.code != c.code || a.status != c.status {
				t.Errorf("reply = %d %q, want %d %q", a.code, a.status, c.code, c.status)
			}
		})
	}
}

func TestTakeAddress(t *testing.T) {
	for _, c := range []struct {
		name    string
		text    string
		address string
		rest    string
	}{
		{"bare", "a@b.example: no", "a@b.example", ": no"},
		{"brackets", "<a@b.example>: no", "a@b.example", ": no"},
		{"dots after", "<a@b.example>... no", "a@b.example", "... no"},
		{"dots without brackets", "a@b.example... no", "a@b.example", "... no"},
		{"quoted", `"a@b.example": no`, "a@b.example", ": no"},
		{"quoted local part", `"a b"@c.example x`, `"a b"@c.example`, " x"},
		{"route", "<@r.example:a@b.example>", "a@b.example", ""},
		{"local domain in brackets", "<a@host>", "a@host", ""},
		{"local domain in a text", "a@host says", "", "a@host says"},
		{"address literal", "a@[192.0.2.1] x", "a@[192.0.2.1]", " x"},
		{"closing bracket", "a@b.example] x", "a@b.example", "] x"},
		{"typed", "smtp:a@b.example", "a@b.example", ""},
		{"other scripts", "ä@bücher.example x", "ä@bücher.example", " x"},
		{"no address", "hello there", "", "hello there"},
		{"at alone", "@", "", "@"},
		{"empty", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, rest := takeAddress(c.text)
			if address != c.address || rest != c.rest {
				t.Errorf("takeAddress = %q, %q, want %q, %q", address, rest, c.address, c.rest)
			}
		})
	}
}
