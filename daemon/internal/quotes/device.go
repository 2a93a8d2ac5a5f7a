package quotes

import (
	"strings"
	"unicode"
)

// maxDevice is the longest line of a device in bytes, in any script.
const maxDevice = 160

// sentFrom begin the lines that telephones and mail programs add, in lower
// case.
var sentFrom = []string{
	"sent from ", "sent via ", "sent with ", "sent using ", "sent by ", "sent on the go", "sent through ", "get outlook for ", "get bluemail for ", "from my ", "download outlook", "mailed from ", "composed on ", "via mobile", "written on my ",
	"von meinem ", "von meiner ", "gesendet von ", "gesendet mit ", "gesendet über ", "gesendet via ", "gesendet aus ", "versendet mit ", "diese nachricht wurde von ", "diese e-mail wurde von ", "outlook für ", "holen sie sich outlook", "verschickt mit ", "mobil gesendet",
	"envoyé de ", "envoyé depuis ", "envoyé à partir ", "envoyé avec ", "envoyé par ", "envoyé via ", "envoyée depuis ", "téléchargez outlook", "télécharger outlook", "obtenez outlook", "obtenir outlook", "de mon ",
	"enviado desde ", "enviado do ", "enviado de ", "enviado con ", "enviado con el ", "enviado a partir ", "enviado por ", "enviado via ", "enviado pelo ", "enviado através ", "enviada do ", "obtener outlook", "obtenga outlook", "obter outlook", "obter o outlook", "baixe o outlook", "descargar outlook", "enviat des ", "enviat de ", "bidalita ", "nire ",
	"inviato da ", "inviato dal ", "inviato con ", "inviato tramite ", "scarica outlook", "ottieni outlook", "messaggio inviato da ",
	"verzonden vanaf ", "verzonden via ", "verzonden met ", "verstuurd vanaf ", "verstuurd via ", "verstuurd met ", "verzonden van ", "outlook voor ", "download outlook", "vanaf mijn ",
	"sendt fra ", "sendt med ", "sendt via ", "hent outlook", "få outlook", "skickat från ", "skickat med ", "skickades från ", "skaffa outlook", "hämta outlook", "från min ", "fra min ",
	"lähetetty ", "hanki outlook", "sent úr ", "sendt úr ", "sent frá ", "wysłane z ", "wysłano z ", "wysłane przez ", "pobierz outlook", "wysłane za pomocą ", "odesláno z ", "odesláno ze ", "odesláno pomocí ", "získat outlook", "získejte outlook", "odoslané z ", "odoslané zo ", "odoslane z ", "poslané z ", "získajte outlook",
	"elküldve ", "küldve ", "az outlook beszerzése", "trimis de pe ", "trimis de la ", "trimis din ", "trimis cu ", "obțineți outlook", "obține outlook", "отправлено с ", "отправлено из ", "отправлено через ", "отправлено от ", "послано с ", "скачать outlook", "получить outlook", "изпратено от ", "изпратено с ", "изпратено през ",
	"надіслано з ", "надіслано із ", "надіслано через ", "відправлено з ", "відправлено із ", "завантажити outlook", "poslano s ", "poslano sa ", "poslano z ", "poslano iz ", "poslato sa ", "poslato iz ", "послато са ", "послато са", "saadetud minu ", "saadetud ", "nosūtīts no ", "sūtīts no ", "išsiųsta iš ", "siųsta iš ", "στάλθηκε από ", "απεσταλμένο από ", "εστάλη από ", "λήψη του outlook",
	"נשלח מ", "נשלחה מ", "أرسلت من ", "أُرسلت من ", "مرسل من ", "مرسلة من ", "أرسل من ", "تم الإرسال من ", "تم إرسالها من ", "تم الإرسال من", "ارسال شده از ", "ارسال‌شده از ", "فرستاده شده از ", "ส่งจาก", "ส่งมาจาก", "gửi từ ", "được gửi từ ", "đã gửi từ ", "gởi từ ", "dikirim dari ", "terkirim dari ", "dihantar dari ", "dihantar daripada ", "dikirim melalui ",
	"iphoneから送信", "ipadから送信", "androidから送信", "从我的", "发自我的", "发自", "發自我的", "從我的", "寄自我的", "来自我的", "通过我的", "나의 ", "내 ", "मेरे ", "outlook for ios", "outlook for android",
}

// sentTo end such lines where the verb stands at the end.
var sentTo = []string{
	" gesendet", " gesendet.", " verschickt", " geschickt", "gönderildi", "gönderilmiştir", "から送信", "より送信", "から送信されました", "에서 보냄", "에서 전송", "에서 보냈습니다", "에서 보낸 메일", " 傳送", " 发送", " 發送", "发送", "傳送", "送信", "से भेजा गया", "küldve", "küldöm", "bidalia", "bidalita",
}

// products are words that tell a device or a program from other things.
var products = []string{
	"iphon", "ipad", "ipod", "android", "galaxy", "samsung", "blackberry", "phone", "phono", "mobil", "cell", "handy", "windows", "outlook", "mail", "yahoo", "htc", "nokia", "huawei", "xiaomi", "redmi", "oneplus", "pixel", "smartphone", "tablet", "tablette",
	"nexus", "lumia", "sony", "xperia", "motorola", "moto", "lg", "oppo", "vivo", "honor", "mac", "thunderbird", "sparrow", "proton", "tutanota", "spike", "spark", "k-9", "fairemail", "bluemail", "gmx", "web.de", "t-online", "o2", "vodafone", "téléphone", "telefon", "telefone", "teléfono", "móvil", "телефон", "айфон", "puhelimesta", "携帯", "手机", "手機", "휴대", "tel", "device", "gerät", "appareil", "dispositivo", "urządzenia", "superhuman", "front", "missive", "hey", "zimbra", "zoho", "app", "torch", "wireless", "watch", "laptop", "desktop", "pc",
}

// isDevice reports a line such as "Sent from my iPhone" in many languages. A
// sentence that only begins so is none: a device or program must be named early,
// or the line must be very short.
func isDevice(s string) bool {
	if len(s) > maxDevice {
		return false
	}
	named := s
	s = lower(strings.Trim(markdown.Replace(s), "<>()-–—_* \t."))
	for _, p := range sentTo {
		if strings.HasSuffix(s, p) && holdsProduct(s) {
			return true
		}
	}
	for _, p := range sentFrom {
		rest, ok := strings.CutPrefix(s, p)
		if !ok {
			continue
		}
		head := rest
		if i := strings.IndexAny(head, ",.;!"); i > 0 {
			head = head[:i]
		}
		const most = 4 // "Verizon Wireless BlackBerry Torch"
		return holdsProduct(p+head) || len(strings.Fields(rest)) <= most && strings.HasPrefix(p, "sent ") && (strings.HasPrefix(rest, "my ") || isName(lastWord(named)))
	}
	if strings.Contains(s, "outlook") && (strings.Contains(s, "ios") || strings.Contains(s, "android")) {
		return len(s) < maxDevice/2 // "Get Outlook for iOS" in every language
	}
	return s == "someone from mobile" || s == "via mobile"
}

// isName reports a word with a capital: "Sent with Airmail" names a program,
// "sent with love" does not.
func isName(word string) bool { return unicode.IsUpper(firstRune(word)) }

func lastWord(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// markdown takes the brackets of a link off: "[Outlook](https://…)".
var markdown = strings.NewReplacer("[", "", "](", " ", "]", "")

func holdsProduct(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" /<>()[]\"'’,", r) }) {
		for _, p := range products {
			if strings.HasPrefix(word, p) || len(p) > 4 && strings.Contains(word, p) {
				return true
			}
		}
	}
	return false
}
