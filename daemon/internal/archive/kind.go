package archive

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// kind is what a folder, a label or a flag says of mail.
type kind int

const (
	anyKind kind = iota
	sentKind
	trashKind
	junkKind
	draftKind
	chatKind
)

// unwanted are kinds of which no requests are made, in words.
var unwanted = map[kind]string{
	trashKind: "deleted mail", junkKind: "unwanted mail", draftKind: "drafts", chatKind: "chats",
}

// kinds are the names that mail programs give their folders, in the languages in
// which the large ones are most used. What is missing here is taken, or can be
// left out by naming folders one by one.
var kinds = namedKinds()

func namedKinds() map[string]kind {
	byName := map[string]kind{}
	for k, names := range map[kind]string{
		sentKind: "sent|sent items|sent messages|sent mail|sent-mail|outbox.sent|gesendet|gesendete objekte|gesendete elemente|gesendete nachrichten|" +
			"envoyés|éléments envoyés|messages envoyés|enviados|elementos enviados|mensajes enviados|inviati|posta inviata|inviata|verzonden|verzonden items|itens enviados|wysłane|odeslané|skickat|sendt",
		trashKind: "trash|bin|deleted|deleted items|deleted messages|papierkorb|gelöscht|gelöschte elemente|gelöschte objekte|corbeille|éléments supprimés|papelera|elementos eliminados|" +
			"cestino|posta eliminata|prullenbak|verwijderde items|lixeira|itens excluídos|kosz|koš|papperskorgen",
		junkKind: "junk|spam|junk e-mail|junk email|junk-e-mail|bulk mail|unerwünscht|unerwünschte werbung|courrier indésirable|indésirables|pourriel|correo no deseado|posta indesiderata|ongewenste e-mail|lixo eletrônico",
		draftKind: "drafts|draft|templates|entwürfe|vorlagen|brouillons|modèles|borradores|bozze|modelli|concepten|rascunhos|szkice|koncepty|utkast|" +
			"unsent messages|outbox|postausgang",
		chatKind: "chat|chats",
	} {
		for name := range strings.SplitSeq(names, "|") {
			byName[name] = k
		}
	}
	return byName
}

// kindOf reads the name of a folder or of an mbox file: as a whole, and each part
// of names such as .INBOX.Trash.2019.
func kindOf(path string) kind {
	name := strings.ToLower(filepath.Base(path))
	for _, ending := range []string{".mbox", ".sbd", ".mbx"} {
		name = strings.TrimSuffix(name, ending)
	}
	if k := kinds[name]; k != anyKind {
		return k
	}
	for part := range strings.SplitSeq(strings.Trim(name, "."), ".") {
		if k := kinds[part]; k != anyKind {
			return k
		}
	}
	return anyKind
}

// isGmail reports a mail as Gmail exports it: its own fields stand above all others.
// Anybody can write them further down.
func isGmail(h eml.Header, from []byte) bool {
	return bytes.Contains(from, []byte("@xxx ")) && len(h) > 1 && h[0].Name == "X-GM-THRID" && h[1].Name == "X-Gmail-Labels"
}

// labelled reads what mail programs wrote into the header: labels of Gmail's
// export, flags of mbox files. from is the From line.
func labelled(h eml.Header, from []byte) (sent bool, why string) {
	gmail := isGmail(h, from)
	for label := range strings.SplitSeq(h.Decoded("X-Gmail-Labels"), ",") {
		k := kinds[strings.ToLower(strings.TrimSpace(label))]
		sent = sent || gmail && k == sentKind
		if why == "" && gmail {
			why = unwanted[k]
		}
	}
	const expunged = 0x8 // Mozilla keeps what was deleted until it compacts the file
	if bits, err := strconv.ParseUint(h.Get("X-Mozilla-Status"), 16, 16); why == "" && err == nil && bits&expunged != 0 {
		why = unwanted[trashKind]
	}
	flags := h.Get("X-Status")
	switch {
	case why != "":
	case strings.Contains(flags, "D"):
		why = unwanted[trashKind]
	case strings.Contains(flags, "T"):
		why = unwanted[draftKind]
	case (h.Count("X-IMAP") > 0 || h.Count("X-IMAPbase") > 0) && strings.HasPrefix(h.Get("Subject"), "DON'T DELETE THIS MESSAGE"):
		why = "what a mail server noted for itself"
	}
	return sent, why
}
