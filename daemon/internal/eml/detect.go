package eml

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

const (
	// detectWindow is how much of a text is looked at to guess its charset. Letter
	// frequencies settle within a few hundred characters; many parts may need a
	// guess, so it is kept short.
	detectWindow = 4 << 10

	// preferWestern is by how much the likelihood of another charset must be
	// larger than that of windows-1252, which is what mail without a declaration
	// mostly holds.
	preferWestern = 2.0

	// Logarithms of the likelihood of characters that no table names.
	strange  = -9.0  // a letter or symbol that the language does not use
	spoilt   = -25.0 // bytes that mean nothing in the charset
	common   = -4.0  // typographic marks, the same in every language
	capital  = -2.2  // added for a capital: about one letter in nine
	frequent = -4.7  // one of the most frequent ideographs or syllables
	kana     = -3.0
	hangul   = -7.5
	rare     = -10.0 // any other character of the script
)

// alphabet is a language, its letters beyond ASCII with the most frequent first,
// and the charsets of one byte it is written in.
type alphabet struct {
	letters  string
	charsets []encoding.Encoding
}

var western = []encoding.Encoding{charmap.Windows1252}

var alphabets = []alphabet{
	{"éèàêçôîùâûëïœ", western},                                // French
	{"üäöß", western},                                         // German
	{"óíáéñú¿¡ü", western},                                    // Spanish
	{"ãçáéíóõêâúàô", western},                                 // Portuguese
	{"èàùòìé", western},                                       // Italian
	{"ëéïèüö", western},                                       // Dutch
	{"äåöé", western},                                         // Swedish, Finnish
	{"øåæé", western},                                         // Danish, Norwegian
	{"íáðöéúýþóæ", western},                                   // Icelandic
	{"àéèóíçòïúü·", western},                                  // Catalan
	{"ąęłóśżćńź", centralEuropean},                            // Polish
	{"áíéěřčšžýůúťďňó", centralEuropean},                      // Czech
	{"áíéčšžýúľťôňäďó", centralEuropean},                      // Slovak
	{"éáóőöíűüú", centralEuropean},                            // Hungarian
	{"ăţîâş", centralEuropean},                                // Romanian
	{"šžčćđ", centralEuropean},                                // Croatian, Slovene
	{"ıüşçöğİ", []encoding.Encoding{charmap.Windows1254}},     // Turkish
	{"ėšųįžąūčę", []encoding.Encoding{charmap.Windows1257}},   // Lithuanian
	{"āīēšņūļžģķč", []encoding.Encoding{charmap.Windows1257}}, // Latvian
	{"оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", []encoding.Encoding{charmap.Windows1251, charmap.KOI8R, charmap.ISO8859_5, charmap.CodePage866, charmap.MacintoshCyrillic}},
	{"оаніитвреслкдмупязьбгйчхцюжїщєшф", []encoding.Encoding{charmap.Windows1251, charmap.KOI8U, charmap.ISO8859_5}},
	{"аиоентрвслкдпмзгбъушчцжхйщюяфь", []encoding.Encoding{charmap.Windows1251, charmap.ISO8859_5}},
	{"αοιετνσηρπκμλςυόίάωήέδχθγφύβώξζψ", []encoding.Encoding{charmap.Windows1253, charmap.ISO8859_7}},
	{"יוהלאתרבמשנכדחםפקעגטזסןךץףצ", []encoding.Encoding{charmap.Windows1255}},
	{"اليمونرتبعدسفقهحكةجشصىخطأذضزثغظإئءؤآ،", []encoding.Encoding{charmap.Windows1256, charmap.ISO8859_6}},
	{"านรอกเงยมลวด่้ี์ัิสตทหคะไปบจพแใชถขู็ุึืโผศธซญณภฟำษ", []encoding.Encoding{charmap.Windows874}},
}

var centralEuropean = []encoding.Encoding{charmap.Windows1250, charmap.ISO8859_2}

// typographic marks stand in texts of every language.
const typographic = "’‘“”„–—…«»€£°§·®©™•\u00a0№"

// byteScores are the likelihoods of the upper half of a charset in a language.
type byteScores struct {
	enc  encoding.Encoding
	logs [128]float64
}

var scoredCharsets = func() (all []byteScores) {
	for _, a := range alphabets {
		for _, enc := range a.charsets {
			all = append(all, a.scores(enc))
		}
	}
	return all
}()

func (a alphabet) scores(enc encoding.Encoding) byteScores {
	s := byteScores{enc: enc}
	logs := a.logs()
	decoder := enc.NewDecoder()
	for i := range s.logs {
		s.logs[i] = spoilt
		if b, err := decoder.Bytes([]byte{byte(0x80 + i)}); err == nil {
			if r, _ := utf8.DecodeRune(b); r != utf8.RuneError && !unicode.IsControl(r) {
				s.logs[i] = strange
				if p, known := logs[r]; known {
					s.logs[i] = p
				}
			}
		}
	}
	return s
}

// logs spreads the likelihood over the letters by their rank, as languages do.
func (a alphabet) logs() map[rune]float64 {
	logs := map[rune]float64{}
	for _, r := range typographic {
		logs[r] = common
	}
	rank, sum := 0, 0.0
	for range a.letters {
		rank++
		sum += 1 / float64(rank+1)
	}
	rank = 0
	for _, r := range a.letters {
		rank++
		p := math.Log(1 / float64(rank+1) / sum)
		logs[r] = p
		if upper := unicode.ToUpper(r); upper != r {
			logs[upper] = p + capital
		}
	}
	return logs
}

// detectCharset guesses in which charset b is written, which must be one that
// keeps ASCII. It is nil when nothing speaks against windows-1252.
func detectCharset(b []byte) encoding.Encoding {
	b = detectSample(b)
	var counts [128]int
	for _, c := range b {
		if c >= utf8.RuneSelf {
			counts[c-utf8.RuneSelf]++
		}
	}
	var best encoding.Encoding
	bestScore, westernScore := math.Inf(-1), math.Inf(-1)
	for _, s := range scoredCharsets {
		score := 0.0
		for i, n := range counts {
			score += float64(n) * s.logs[i]
		}
		if s.enc == charmap.Windows1252 {
			westernScore = max(westernScore, score)
		} else if score > bestScore {
			best, bestScore = s.enc, score
		}
	}
	for _, s := range ideographic {
		if score := s.score(b); score > bestScore {
			best, bestScore = s.enc, score
		}
	}
	if bestScore < westernScore+preferWestern {
		return nil
	}
	return best
}

// detectSample is the part of b that begins with the line of the first byte
// that is not ASCII.
func detectSample(b []byte) []byte {
	first := bytes.IndexFunc(b[:min(len(b), MaxTextBytes)], func(r rune) bool { return r >= utf8.RuneSelf })
	if first < 0 {
		return nil
	}
	start := max(bytes.LastIndexByte(b[:first], '\n')+1, first-detectWindow/2)
	return b[start:min(len(b), start+detectWindow)]
}

// script is a charset of several bytes and the characters that are frequent in
// what is written in it.
type script struct {
	enc      encoding.Encoding
	frequent map[rune]bool
}

var ideographic = []script{
	{japanese.ShiftJIS, runes(japaneseKanji)},
	{japanese.EUCJP, runes(japaneseKanji)},
	{simplifiedchinese.GB18030, runes(simplifiedHan)},
	{traditionalchinese.Big5, runes(traditionalHan)},
	{korean.EUCKR, runes(koreanSyllables)},
}

func runes(s string) map[rune]bool {
	set := map[rune]bool{}
	for _, r := range s {
		set[r] = true
	}
	return set
}

func (s script) score(b []byte) float64 {
	text := decodeWith(b, s.enc)
	score, bad := 0.0, 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
		case r == utf8.RuneError:
			bad++
		case s.frequent[r]:
			score += frequent
		case s.japanese() && (r >= '\u3041' && r <= '\u30ff'):
			score += kana
		case s.enc == korean.EUCKR && unicode.Is(unicode.Hangul, r):
			score += hangul
		case r >= '\u3001' && r <= '\u3011' || r >= '\uff01' && r <= '\uff5e': // marks
			score += common
		case r >= '\uff61' && r <= '\uff9f', r >= '\ue000' && r <= '\uf8ff': // half width, private
			score += strange
		default:
			score += rare
		}
	}
	if len(b) == detectWindow {
		bad = max(0, bad-1) // the sample may end in the middle of a character
	}
	return score + float64(bad)*spoilt
}

func (s script) japanese() bool { return s.enc == japanese.ShiftJIS || s.enc == japanese.EUCJP }

// The most frequent characters of each script in letters and news.
const (
	japaneseKanji   = "日本人大年出一国会中生時分前行者見上月後自社事何部立合今金思手家高間方話来様申込確認送信返注文商品名連絡先願致下場入用"
	simplifiedHan   = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者意无长把机十第公此工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体相见被等产或新制身果加月话合回特代内信表化老给位次度任常先通教原提及比员解水名真处走各入几口认条平系气题活更别打变总何电数安少报才结受目太量再感建务做接必场件计管期市直资命指统区保请谢您订单号款退货收邮箱客服"
	traditionalHan  = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日者意無長把機十第公此工使情明性知全三又關點正業外將兩高間由問很最重並物手應向頭文體相見被等產或新制身果加月話合回特代內信表化老給位次度任常先通教原提及比員解水名真處走各入幾口認條平系氣題活更別打變總何電數安少報才結受目太量再感建務做接必場件計管期市直資命指統區保請謝您訂單號款退貨收郵箱客服"
	koreanSyllables = "이다는을에의가고하지로기사한은들리도자시그나어서해대여아니안를인일수있것정보제게전부으만구장라면주상성되원동우습요세문합드립감녕"
)
