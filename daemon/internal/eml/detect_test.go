package eml

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// letters are what customers write, one short letter in each language.
var letters = []struct {
	language, text string
	charsets       []encoding.Encoding
}{
	{"German", "Guten Tag,\nmeine Bestellung über fünf Stühle ist noch nicht da. Könnten Sie bitte prüfen, ob die Größe stimmt?\nViele Grüße", []encoding.Encoding{charmap.Windows1252}},
	{"French", "Bonjour,\nma commande a été expédiée à une mauvaise adresse. Où puis-je la récupérer ? Ça fait déjà 3 semaines…", []encoding.Encoding{charmap.Windows1252}},
	{"Spanish", "Buenos días:\n¿Cuándo llegará mi pedido? Lo compré hace más de un mes y todavía no sé nada. ¡Gracias, señor Muñoz!", []encoding.Encoding{charmap.Windows1252}},
	{"Portuguese", "Olá,\nnão consigo concluir a minha inscrição. A página não abre e já tentei três vezes. Obrigado pela atenção.", []encoding.Encoding{charmap.Windows1252}},
	{"Italian", "Salve,\nil pacco è già arrivato ma la qualità non è buona. Perché non c'è più la fattura?", []encoding.Encoding{charmap.Windows1252}},
	{"Swedish", "Hej,\njag har inte fått någon bekräftelse på min beställning från förra lördagen. Kan ni hjälpa mig?", []encoding.Encoding{charmap.Windows1252}},
	{"Danish", "Hej,\njeg har købt en stol på jeres hjemmeside, men den er blå i stedet for grøn. Kan I hjælpe?", []encoding.Encoding{charmap.Windows1252}},
	{"Icelandic", "Góðan daginn,\nég fékk ekki vöruna sem ég pantaði. Getið þið aðstoðað mig við að fá hana senda?", []encoding.Encoding{charmap.Windows1252}},
	{"Polish", "Dzień dobry,\nzamówienie jeszcze nie dotarło. Proszę o informację, kiedy mogę się spodziewać przesyłki. Dziękuję bardzo i życzę miłego dnia.", centralEuropean},
	{"Czech", "Dobrý den,\nmoje objednávka ještě nepřišla. Můžete mi prosím říct, kdy bude doručena? Děkuji, přeji hezký večer.", centralEuropean},
	{"Hungarian", "Üdvözlöm,\na rendelésem még nem érkezett meg. Kérem, írják meg, mikor várható a szállítás, és hogyan fizethetek. Előre is köszönöm, szép estét!", centralEuropean},
	{"Turkish", "Merhaba,\nsiparişim hâlâ gelmedi. Lütfen bana ne zaman ulaşacağını söyler misiniz? Teşekkürler, iyi çalışmalar.", []encoding.Encoding{charmap.Windows1254}},
	{"Lithuanian", "Sveiki,\nmano užsakymas dar neatėjo. Prašau pranešti, kada galėsiu jį gauti. Ačiū už pagalbą ir gražios dienos.", []encoding.Encoding{charmap.Windows1257}},
	{"Russian", "Добрый день!\nМой заказ до сих пор не доставлен. Подскажите, пожалуйста, когда его можно ожидать? С уважением, Иван",
		[]encoding.Encoding{charmap.Windows1251, charmap.KOI8R, charmap.ISO8859_5, charmap.CodePage866, charmap.MacintoshCyrillic}},
	{"Ukrainian", "Добрий день!\nМоє замовлення ще не надійшло. Підкажіть, будь ласка, коли його очікувати? Дякую за відповідь, Їжак", []encoding.Encoding{charmap.Windows1251, charmap.KOI8U}},
	{"Greek", "Καλημέρα σας,\nη παραγγελία μου δεν έχει φτάσει ακόμα. Μπορείτε να μου πείτε πότε θα την παραλάβω; Ευχαριστώ πολύ.", []encoding.Encoding{charmap.Windows1253, charmap.ISO8859_7}},
	{"Hebrew", "שלום,\nההזמנה שלי עדיין לא הגיעה. אפשר לדעת מתי היא תגיע? תודה רבה", []encoding.Encoding{charmap.Windows1255}},
	{"Arabic", "مرحبا،\nلم يصل طلبي حتى الآن. هل يمكنكم إخباري متى سيصل؟ شكرا جزيلا لكم", []encoding.Encoding{charmap.Windows1256, charmap.ISO8859_6}},
	{"Thai", "สวัสดีครับ\nผมยังไม่ได้รับสินค้าที่สั่งไว้ รบกวนช่วยตรวจสอบให้ด้วยนะครับ ขอบคุณครับ", []encoding.Encoding{charmap.Windows874}},
	{"Japanese", "お世話になっております。\n先日注文した商品がまだ届いておりません。ご確認をお願いいたします。", []encoding.Encoding{japanese.ShiftJIS, japanese.EUCJP, japanese.ISO2022JP}},
	{"Chinese, simplified", "您好，\n我的订单还没有收到，请问什么时候可以发货？谢谢！", []encoding.Encoding{simplifiedchinese.GBK, simplifiedchinese.GB18030}},
	{"Chinese, traditional", "您好，\n我的訂單還沒有收到，請問什麼時候可以出貨？謝謝！", []encoding.Encoding{traditionalchinese.Big5}},
	{"Korean", "안녕하세요.\n주문한 상품이 아직 도착하지 않았습니다. 언제 받을 수 있는지 확인 부탁드립니다. 감사합니다.", []encoding.Encoding{korean.EUCKR}},
}

var wide = []encoding.Encoding{
	unicode.UTF16(unicode.BigEndian, unicode.UseBOM), unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	utf32.UTF32(utf32.BigEndian, utf32.UseBOM), utf32.UTF32(utf32.LittleEndian, utf32.UseBOM),
}

// covers: P07
func TestDetectCharset(t *testing.T) {
	for _, l := range letters {
		for _, enc := range append(append([]encoding.Encoding{unicode.UTF8}, l.charsets...), wide...) {
			raw, err := enc.NewEncoder().Bytes([]byte(l.text))
			if err != nil {
				t.Fatalf("%s in %v: %v", l.language, enc, err)
			}
			for _, declared := range []string{"", "us-ascii", "x-unknown", "utf-8"} {
				if got := decodeCharset(raw, declared, ""); got != l.text {
					t.Errorf("%s in %v, declared %q:\n%s", l.language, enc, declared, got)
				}
			}
		}
	}
}

// TestDetectNames: the shorter a text, the less it tells; these are typical
// header fields.
func TestDetectNames(t *testing.T) {
	for _, c := range []struct {
		text string
		enc  encoding.Encoding
	}{
		{"Müller", charmap.Windows1252}, {"Größe", charmap.Windows1252}, {"café", charmap.Windows1252}, {"François Lefèvre", charmap.Windows1252},
		{"Peña", charmap.Windows1252}, {"São Paulo", charmap.Windows1252}, {"Ærø", charmap.Windows1252}, {"“quoted”", charmap.Windows1252},
		{"10 €", charmap.Windows1252}, {"Иван Петров", charmap.Windows1251}, {"Заказ", charmap.KOI8R}, {"Γιώργος", charmap.Windows1253},
		{"田中です", japanese.ShiftJIS}, {"お問い合わせ", japanese.EUCJP}, {"您好", simplifiedchinese.GBK}, {"안녕하세요", korean.EUCKR},
	} {
		raw, err := c.enc.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := decodeCharset(raw, "", ""); got != c.text {
			t.Errorf("%q in %v was read as %q", c.text, c.enc, got)
		}
	}
}

// TestWrongLabel: labels that are wrong in ways the bytes show.
func TestWrongLabel(t *testing.T) {
	for _, c := range []struct {
		name, bytes, declared, want string
	}{
		{"utf-8 as iso-8859-1", "Grüße", "iso-8859-1", "Grüße"},
		{"utf-8 as koi8-r", "ä", "koi8-r", "ä"},
		{"utf-8 as gb2312", "您好，请问", "gb2312", "您好，请问"},
		{"utf-8 as iso-2022-jp", "お世話", "iso-2022-jp", "お世話"},
		{"utf-8 as utf-16", "Grüße", "utf-16", "Grüße"},
		{"ascii as utf-16le", "hello", "utf-16le", "hello"},
		{"ascii of even length as utf-16", "hell", "utf-16", "hell"},
		{"little endian as unicode", "h\x00i\x00!\x00!\x00", "unicode", "hi!!"},
		{"mark and label differ", "\xff\xfeh\x00", "utf-16be", "h"},
		{"windows-1250 as iso-8859-2", "\x9aest", "iso-8859-2", "šest"},
		{"windows-1253 as iso-8859-7", "\xa2\x93\xe1\x94", "iso-8859-7", "Ά“α”"},
		{"iso-8859-15 with a euro", "\xa4", "iso-8859-15", "€"},
		{"vendor characters", "\x1b$B-!\x1b(B", "iso-2022-jp", "①"},
		{"euc-jp as iso-2022-jp", "\xa4\xaa\xc0\xa4\xcf\xc3", "iso-2022-jp", "お世話"},
		{"windows-1252 as utf-8", "Gr\xfc\xdfe, M\xfcller", "utf-8", "Grüße, Müller"},
		{"windows-1252 as euc-kr", "caf\xe9 \xe0 la", "euc-kr", "café à la"},
		{"iso-2022-kr", "\x1b$)C\x0e>H3g\x0f!", "iso-2022-kr", "안녕!"},
		{"iso-2022-kr without a label", "\x1b$)C\x0e>H3g\x0f!", "", "안녕!"},
		{"mac", "\x8a", "macintosh", "ä"},
		{"mac cyrillic", "\x8f\xf0", "x-mac-cyrillic", "Пр"},
		{"user defined", "Gr\xfc\xdfe", "x-user-defined", "Grüße"},
		{"a word of windows-1252 in utf-8", "äöüäöüäö M\xfcller", "utf-8", "äöüäöüäö Müller"},
		{"characters cut in utf-8", "äöüäöüäöüäöüäöüäö \xe2\x82 und \xc3.", "utf-8", "äöüäöüäöüäöüäöüäö \ufffd und \ufffd."},
		{"encoded twice is left alone", "GrÃ¼ÃŸe", "utf-8", "GrÃ¼ÃŸe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := decodeCharset([]byte(c.bytes), c.declared, ""); got != c.want {
				t.Errorf("%q as %s = %q, want %q", c.bytes, c.declared, got, c.want)
			}
		})
	}
}
