package quotes

import (
	"strings"
	"unicode"
)

// maxDevice is the longest line of a device in bytes, in any script, and
// maxDeviceWords in words.
const (
	maxDevice      = 160
	maxDeviceWords = 14
)

// sentFrom begin the lines that telephones and mail programs add, in lower case
// and with the verb.
var sentFrom = []string{
	"sent from ", "sent via ", "sent with ", "sent using ", "sent by ", "sent on the go", "sent through ", "get outlook for ", "get bluemail for ", "download outlook", "mailed from ", "composed on ", "written on my ",
	"gesendet von ", "gesendet mit ", "gesendet über ", "gesendet via ", "gesendet aus ", "versendet mit ", "diese nachricht wurde von ", "diese e-mail wurde von ", "holen sie sich outlook", "verschickt mit ", "mobil gesendet",
	"envoyé de ", "envoyé depuis ", "envoyé à partir ", "envoyé avec ", "envoyé par ", "envoyé via ", "envoyée depuis ", "téléchargez outlook", "télécharger outlook", "obtenez outlook", "obtenir outlook",
	"enviado desde ", "enviado do ", "enviado de ", "enviado con ", "enviado a partir ", "enviado por ", "enviado via ", "enviado pelo ", "enviado através ", "enviada do ", "obtener outlook", "obtenga outlook", "obter outlook", "obter o outlook", "baixe o outlook", "descargar outlook", "enviat des ", "enviat de ",
	"inviato da ", "inviato dal ", "inviato con ", "inviato tramite ", "scarica outlook", "ottieni outlook", "messaggio inviato da ",
	"verzonden vanaf ", "verzonden via ", "verzonden met ", "verstuurd vanaf ", "verstuurd via ", "verstuurd met ", "verzonden van ",
	"sendt fra ", "sendt med ", "sendt via ", "hent outlook", "få outlook", "skickat från ", "skickat med ", "skickades från ", "skaffa outlook", "hämta outlook",
	"lähetetty ", "hanki outlook", "sent úr ", "sendt úr ", "sent frá ", "wysłane z ", "wysłano z ", "wysłane przez ", "pobierz outlook", "wysłane za pomocą ", "odesláno z ", "odesláno ze ", "odesláno pomocí ", "získat outlook", "získejte outlook", "odoslané z ", "odoslané zo ", "odoslane z ", "poslané z ", "získajte outlook",
	"elküldve ", "küldve ", "az outlook beszerzése", "trimis de pe ", "trimis de la ", "trimis din ", "trimis cu ", "obțineți outlook", "obține outlook", "отправлено с ", "отправлено из ", "отправлено через ", "отправлено от ", "послано с ", "скачать outlook", "получить outlook", "изпратено от ", "изпратено с ", "изпратено през ",
	"надіслано з ", "надіслано із ", "надіслано через ", "відправлено з ", "відправлено із ", "завантажити outlook", "poslano s ", "poslano sa ", "poslano z ", "poslano iz ", "poslato sa ", "poslato iz ", "послато са ", "saadetud minu ", "saadetud ", "nosūtīts no ", "sūtīts no ", "išsiųsta iš ", "siųsta iš ", "στάλθηκε από ", "απεσταλμένο από ", "εστάλη από ", "λήψη του outlook",
	"נשלח מ", "נשלחה מ", "أرسلت من ", "أُرسلت من ", "مرسل من ", "مرسلة من ", "أرسل من ", "تم الإرسال من ", "تم إرسالها من ", "ارسال شده از ", "ارسال\u200cشده از ", "فرستاده شده از ", "ส่งจาก", "ส่งมาจาก", "gửi từ ", "được gửi từ ", "đã gửi từ ", "gởi từ ", "dikirim dari ", "terkirim dari ", "dihantar dari ", "dihantar daripada ", "dikirim melalui ",
	"发自", "發自", "寄自", "来自我的", "來自我的",
}

// fromMy are openings without a verb. They are believed with one of sentTo at
// the end, or with nothing but the device.
var fromMy = []string{"from my ", "von meinem ", "von meiner ", "de mon ", "vanaf mijn ", "från min ", "fra min ", "나의 ", "내 ", "네이버 ", "मेरे ", "nire ", "从我的", "從我的", "通过我的", "iphone", "ipad", "android", "galaxy", "samsung"}

// sentTo end such lines where the verb stands at the end.
var sentTo = []string{
	" gesendet", "gönderildi", "gönderilmiştir", "から送信", "より送信", "から送信されました", "에서 보냄", "에서 전송", "에서 보냈습니다", "에서 보낸 메일", " 傳送", " 发送", " 發送", "发送", "傳送", "送信", "से भेजा गया", "küldve", "bidalia", "bidalita",
}

// products are words that tell a device or a program from other things. Short
// ones must be whole words.
var products = []string{
	"iphon", "ipad", "ipod", "android", "galaxy", "samsung", "blackberry", "phone", "phono", "mobile", "mobil", "cell", "handy", "windows", "outlook", "mail", "yahoo", "htc", "nokia", "huawei", "xiaomi", "redmi", "oneplus", "pixel", "smartphone", "tablet", "tablette",
	"nexus", "lumia", "sony", "xperia", "motorola", "moto", "lg", "oppo", "vivo", "honor", "macbook", "thunderbird", "sparrow", "airmail", "mailbox", "proton", "tutanota", "spike", "spark", "k-9", "fairemail", "bluemail", "gmx", "web.de", "t-online", "o2", "vodafone", "verizon", "t-mobile",
	"téléphone", "telefon", "telefone", "teléfono", "móvil", "mobiltelefon", "mobilgerät", "телефон", "айфон", "почт", "яндекс", "puhelimesta", "携帯", "手机", "手機", "휴대", "메일", "device", "gerät", "appareil", "dispositivo", "urządzenia", "superhuman", "missive", "zimbra", "zoho", "wireless", "qq", "邮箱", "网易", "信箱",
}

// isDevice reports a line such as "Sent from my iPhone" in many languages. A
// sentence that only begins so is none: a device or program must be named early,
// and no figures of orders and dates may stand in it.
func isDevice(s string) bool {
	if len(s) > maxDevice || len(s) == 0 {
		return false
	}
	written := strings.Trim(markdown.Replace(s), "<>()-–—_* \t.")
	s = lower(written)
	if len(strings.Fields(s)) > maxDeviceWords {
		return false
	}
	return offersOutlook(s) || fromDevice(s, written) || fromMine(s) || s == "someone from mobile" || s == "via mobile" || s == "sent via mobile"
}

// offersOutlook reads "Get Outlook for iOS" in every language: with the link to
// it, or else few words that end with the system, or with the verb where it stands
// at the end.
func offersOutlook(s string) bool {
	if !strings.Contains(s, "outlook") || !strings.Contains(s, "ios") && !strings.Contains(s, "android") {
		return false
	}
	if strings.Contains(s, "://aka.ms/") {
		return true
	}
	const most = 4 // words
	if len(strings.Fields(s)) > most || strings.ContainsAny(s, ",:;?!.") {
		return false
	}
	for _, system := range []string{"ios", "android"} {
		for _, forThis := range outlookFor {
			if strings.HasSuffix(s, "outlook "+forThis+" "+system) {
				return true
			}
		}
		if strings.HasPrefix(s, system+" için outlook") || strings.HasPrefix(s, "outlook for "+system+" を") ||
			s == "outlook für "+system+" beziehen" || s == "outlook für "+system+" herunterladen" || s == "outlook voor "+system+" downloaden" {
			return true
		}
	}
	return false
}

// outlookFor are the words between the program and the system.
var outlookFor = []string{"for", "für", "pour", "para", "per", "voor", "til", "till", "för", "dla", "pro", "pre", "pentru", "для", "за", "za", "untuk", "cho"}

// fromDevice reads "Sent from my iPhone, please excuse typos".
func fromDevice(s, written string) bool {
	for _, opening := range sentFrom {
		rest, ok := strings.CutPrefix(s, opening)
		if !ok {
			continue
		}
		words := strings.Fields(rest)
		const early = 5 // "my Verizon Wireless BlackBerry Torch"
		head := withoutPost(words[:min(len(words), early)], written)
		if strings.Contains(opening, "outlook") {
			return strings.Contains(rest, "ios") || strings.Contains(rest, "android")
		}
		if holdsProduct(opening) || holdsProduct(head) {
			return !holdsFigures(rest) && !isAbout(rest)
		}
		// "Sent from my TI-85", "Sent with Airmail": the last word is a name.
		return strings.HasPrefix(opening, "sent ") && len(words) > 0 && isName(lastWord(written)) &&
			(len(words) <= 4 && words[0] == "my" && !strings.ContainsAny(rest, ",;") || len(words) == 1 && strings.HasPrefix(opening, "sent w"))
	}
	return false
}

// withoutPost joins words but those that mean the post when they begin with a
// small letter: "Sent by mail" names no program, "Sent from Mail" does.
func withoutPost(words []string, written string) string {
	var out []string
	for _, w := range words {
		if (w != "mail" && !strings.HasPrefix(w, "почт")) || !strings.Contains(written, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// isAbout reports a sentence about such a line: "Sent from my iPhone is what your
// footer says".
func isAbout(rest string) bool {
	clause := rest
	if i := strings.IndexAny(rest, ",.;("); i >= 0 {
		clause = rest[:i]
	}
	return holdsWords(clause, []string{"is", "was", "are", "were", "yesterday", "you", "your"})
}

// fromMine reads "Von meinem iPhone gesendet" and "iPhoneから送信".
func fromMine(s string) bool {
	for _, opening := range fromMy {
		rest, ok := strings.CutPrefix(s, opening)
		if !ok || holdsFigures(rest) {
			continue
		}
		for _, ending := range sentTo {
			const most = 6
			if head, ok := strings.CutSuffix(s, ending); ok && holdsProduct(head) && len(strings.Fields(head)) <= most {
				return true
			}
		}
		words := strings.Fields(rest)
		return len(words) > 0 && len(words) <= 2 && holdsProduct(words[0]) && strings.HasSuffix(opening, " ")
	}
	return false
}

// isName reports a word with a capital or a figure: "Sent with Airmail" names a
// program, "sent with love" does not.
func isName(word string) bool {
	return unicode.IsUpper(firstRune(word)) || strings.IndexFunc(word, unicode.IsDigit) >= 0
}

func lastWord(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// holdsFigures reports a number longer than those of models and versions, or a
// day before or after the name of a month.
func holdsFigures(s string) bool {
	if strings.Contains(s, "://") {
		s = s[:strings.Index(s, "://")]
	}
	run := 0
	for _, r := range s {
		if !unicode.IsDigit(r) {
			run = 0
			continue
		}
		if run++; run > 2 {
			return true
		}
	}
	words := strings.Fields(s)
	for i, w := range words {
		if strings.Trim(w, "0123456789.") == "" && i+1 < len(words) && i > 0 && !holdsProduct(words[i-1]) {
			return true // "on 5 March"
		}
	}
	return false
}

// markdown takes the brackets of a link off: "[Outlook](https://…)".
var markdown = strings.NewReplacer("[", "", "](", " ", "]", "")

func holdsProduct(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" /<>()[]\"'’,„“", r) }) {
		word = strings.Trim(word, ".!-")
		for _, p := range products {
			const short = 5
			if word == p || len(p) > short && strings.Contains(word, p) || len(p) == short && strings.HasPrefix(word, p) && !strings.HasPrefix(word, "mobili") ||
				(p[0] >= 0x80 || strings.HasPrefix(p, "ip")) && strings.Contains(word, p) {
				return true
			}
		}
	}
	return false
}
