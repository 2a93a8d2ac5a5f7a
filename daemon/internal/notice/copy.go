package notice

import "strings"

// cutCopy divides the text of a report into the lines of the mail system and
// the returned mail below them, which holds addresses and words of its own.
func cutCopy(text string) (lines []string, returned string) {
	all := strings.Split(text, "\n")
	described := false // inside a block that describes the mail: "  To: …", "  Subject: …"
	for i, line := range all {
		switch {
		case i > 0 && isMarker(all, i):
			return lines, strings.Join(all[i+1:], "\n")
		case beginsHeader(all, i):
			return lines, strings.Join(all[i:], "\n")
		case !described && describes(all, i):
			described = true
		case described && strings.TrimSpace(line) == "":
			described = false
		}
		if !described {
			lines = append(lines, line)
		} else {
			lines = append(lines, "") // keep paragraphs apart
			returned += line + "\n"
		}
	}
	return lines, returned
}

// isMarker reports the line above a returned mail.
func isMarker(lines []string, i int) bool {
	const longest = 120 // longer lines are sentences
	trimmed := strings.TrimSpace(lines[i])
	if trimmed == "" || len(trimmed) > longest {
		return false
	}
	lower := strings.ToLower(trimmed)
	if hasAny(lower, copyExact) {
		return true
	}
	// The cheap questions first: this is asked about each line of each mail.
	rule := hasAnyPrefix(lower, []string{"--", "==", "**", "__", "—", "##"})
	title := rule || strings.HasSuffix(lower, ":") || hasAny(lower, []string{"follow", "below", "attached", "included"}) && headerNext(lines[i+1:])
	return title && hasAny(lower, copyWords) && !hasAny(lower, notCopy)
}

// headerNext reports that the next line that is not blank is a header field, or
// that there is none.
func headerNext(lines []string) bool {
	const far = 5 // blank lines that somebody puts under a title
	for _, line := range lines[:min(len(lines), far)] {
		if line = strings.TrimSpace(line); line != "" {
			_, _, ok := fieldLine(line)
			return ok || strings.HasPrefix(line, "From ")
		}
	}
	return true
}

// beginsHeader reports that the header of a mail begins at line i: a trace field
// (RFC 5321 section 4.4) at the beginning of a line and another field after it.
func beginsHeader(lines []string, i int) bool {
	name, _, ok := fieldLine(lines[i])
	if !ok || !traceFields[name] || !strings.HasPrefix(strings.ToLower(lines[i]), strings.ToLower(name)) {
		return false
	}
	const far = 8 // lines that one folded trace field takes
	for _, line := range lines[i+1 : min(len(lines), i+far)] {
		if n, _, ok := fieldLine(line); ok && (traceFields[n] || describing[n]) {
			return true
		}
		if strings.TrimSpace(line) == "" {
			return false
		}
	}
	return false
}

var traceFields = map[string]bool{
	"Received": true, "Return-Path": true, "X-Received": true, "Dkim-Signature": true, "Delivered-To": true, "X-Original-To": true,
	"Arc-Seal": true, "Mime-Version": true, "X-Google-Smtp-Source": true, "X-Originating-Ip": true, "Message-Id": true, "Domainkey-Signature": true,
	"Authentication-Results": true, "X-Originating-Email": true,
}

// describing are fields that tell which mail a report is about.
var describing = map[string]bool{
	"To": true, "From": true, "Subject": true, "Date": true, "Sent": true, "Message-Id": true, "Cc": true, "Von": true, "An": true,
	"Betreff": true, "Gesendet": true, "De": true, "Para": true, "Asunto": true, "Objet": true, "Envoyé": true, "Reply-To": true, "Sender": true,
}

// describes reports that the paragraph at line i describes the mail: two such
// fields in succession.
func describes(lines []string, i int) bool {
	name, value, ok := fieldLine(strings.TrimSpace(lines[i]))
	if !ok || !describing[name] || i+1 >= len(lines) || (name == "To" || name == "An") && value == "" {
		return false
	}
	next, _, ok := fieldLine(strings.TrimSpace(lines[i+1]))
	return ok && describing[next] && next != name
}

// copyWords name the returned mail in the line above it.
var copyWords = []string{
	"original message", "original mail", "original e-mail", "original email", "returned message", "returned mail", "unsent message", "copy of the message", "copy of your message", "copy of the original", "copy of the mail",
	"message header", "header of the", "headers of the", "original header", "message headers follow", "undelivered message", "undeliverable message follows", "rejected message", "source mail", "body of the message", "your message follows", "message follows", "start of the message", "non-delivered", "message text", "your original", "bounced message", "failed message", "beginning of message", "message contents", "message content follows", "returned content", "returned text", "text of your", "the message follow", "original msg", "message body",
	"original-nachricht", "ursprüngliche nachricht", "originalnachricht", "kopie der nachricht", "kopie ihrer", "header der", "copie du message", "copie de votre", "message d'origine", "message original", "message initial", "mensaje original", "copia del mensaje", "encabezado", "mensagem original", "cópia da mensagem", "messaggio originale", "copia del messaggio", "oorspronkelijk bericht", "originele bericht", "ursprungligt meddelande", "originalmeddelande", "oprindelig meddelelse", "opprinnelig melding", "alkuperäinen viesti", "oryginalna wiadomość", "treść wiadomości", "původní zpráva", "eredeti üzenet", "mesajul original", "исходное сообщение", "исходное письмо", "оригинал", "копия письма", "копия сообщения", "заголовки", "αρχικό μήνυμα", "orijinal ileti", "özgün ileti", "原邮件", "原始邮件", "原始郵件", "元のメール", "元のメッセージ", "オリジナルメッセージ", "送信メール", "원본 메일", "원본 메시지", "الرسالة الأصلية",
}

// copyExact are whole lines that need no further sign.
var copyExact = []string{
	"below this line is", "below the next line is", "enclosed is a copy", "message headers follow", "-------original", "returned message ---", "original message ---", "below is a copy of", "included is a copy of", "unsent message follows", "returned mail follows", "original mail as follows", "original message attached (max",
}

// notCopy are in sentences about the mail that stand above what the report says.
var notCopy = []string{
	"was received", "delete", "please", "your own text", "could not", "couldn't", "cannot", "can't", "was not", "not delivered", "failed", "unable", "recipient", "subject", "message id", "message-id", "following address", "information", "relates to", "message header fields:", "with the following header", "problem", "session", "transcript", "error",
}
