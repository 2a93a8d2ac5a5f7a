package quotes

import "strings"

// isBoilerplate reports a line that programs and companies put below every
// mail: what a virus scanner says, a plea for trees, a disclaimer.
func isBoilerplate(s string) bool {
	low := lower(s)
	if holdsAny(low, scanners) && !strings.HasSuffix(low, "?") && len(strings.Fields(s)) <= maxDeviceWords {
		return true
	}
	return holdsAny(low, trees) || isDisclaimer(low)
}

var scanners = []string{
	"avast.com", "avg.com",
	"checked for viruses", "auf viren geprüft", "auf viren überprüft", "scanned for viruses", "scanned by mailscanner", "aucun virus", "comprobado en busca de virus", "controllata per virus",
}

var trees = []string{
	"consider the environment before printing", "think before you print", "denken sie an die umwelt", "bevor sie diese e-mail ausdrucken", "pensez à l'environnement", "pensez à l’environnement", "avant d'imprimer ce", "avant d’imprimer ce",
	"antes de imprimir este", "antes de imprimir esta", "antes de imprimir, piense", "prima di stampare", "denk aan het milieu", "tänk på miljön", "tenk på miljøet", "tænk på miljøet", "zastanów się, czy musisz wydrukować",
}

// isDisclaimer reports a paragraph that speaks of confidence, of recipients and
// of the mail itself, and begins like a notice. Customers' sentences begin with
// what they want.
func isDisclaimer(low string) bool {
	const shortest = 80 // bytes; a notice has at least two sentences
	if len(low) < shortest || strings.Contains(low, "?") {
		return false
	}
	return holdsAny(low[:min(len(low), 60)], noticeOpenings) && holdsAny(low, confidential) && holdsAny(low, recipientWords)
}

func holdsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

var noticeOpenings = []string{
	"disclaimer", "confidentiality", "this e-mail", "this email", "this message", "this communication", "the information", "the contents of", "important notice", "notice:", "privileged",
	"diese e-mail", "diese mail", "diese nachricht", "der inhalt dieser", "vertraulichkeit", "die information", "ce message", "ce courriel", "cet e-mail", "le contenu de", "les informations", "avis de confidentialité", "avertissement",
	"este mensaje", "este correo", "esta mensagem", "este e-mail", "este email", "aviso", "la información", "a informação", "as informações", "questo messaggio", "questa e-mail", "questa mail", "le informazioni", "il contenuto", "avviso", "ai sensi",
	"dit bericht", "deze e-mail", "de informatie", "detta meddelande", "detta e-post", "denne e-mail", "denne mail", "denne e-post", "denne meddelelse", "denne meldingen", "tämä viesti", "tämä sähköposti", "ta wiadomość", "niniejsza wiadomość", "treść tej", "tato zpráva", "tento e-mail", "táto správa",
	"настоящее сообщение", "данное сообщение", "это сообщение", "информация", "цей лист", "це повідомлення", "bu e-posta", "bu mesaj", "ez az üzenet", "acest mesaj", "το παρόν", "本邮件", "此邮件", "本郵件", "此電子郵件", "本メール", "このメール", "본 메일", "이 메일",
}

var confidential = []string{
	"confidential", "privileged", "vertraulich", "confidentiel", "confidencial", "riservat", "confidenzial", "vertrouwelijk", "konfidentiell", "fortrolig", "luottamuksel", "poufn", "důvěrn", "dôvern", "конфиденциальн", "конфіденційн", "gizli", "bizalmas", "confidențial", "εμπιστευτικ", "机密", "保密", "機密", "기밀",
}

var recipientWords = []string{
	"recipient", "addressee", "intended", "empfänger", "adressat", "bestimmt", "destinataire", "destinatari", "destinatár", "destinatar", "geadresseerde", "ontvanger", "bestemd", "mottagare", "mottaker", "modtager", "vastaanottaj", "adresat", "odbiorc", "příjemc", "príjemc", "получател", "адресат", "одержувач", "alıcı", "címzett", "παραλήπτη", "收件人", "收件者", "受信者", "宛先", "수신인",
}
