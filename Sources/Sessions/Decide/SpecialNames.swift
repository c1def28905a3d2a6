// The names of Special:OAuth and of its namespace in all languages of MediaWiki.
//
// Facts from `languages/messages/Messages*.php` (`NS_SPECIAL` in `namespaceNames` and `namespaceAliases`; MediaWiki 1.39 and 1.43,
// and languages that came later) and from `MWOAuth.alias.php` of the OAuth extension, former names included.
//
// A wiki knows the names of its own language and the English ones. Here all languages count at once, so that an operator need not
// name the wiki's: a name of another language leads to an ordinary page, where the wiki itself refuses OAuth credentials.

/// Names of Special:OAuth and its namespace, each with the codes of its languages.
enum SpecialNames {
    /// The page: `OAuth`.
    static let pages = [
        "OAuth",  // all
        "MWOAuth",  // all
        "أو_أوث",  // ar
        "مو_أو_أوث",  // ar
        "او-اوت",  // arz
        "مو_او_اوت",  // arz
        "ওআউথ",  // bn
        "মিডিয়াউইকি_ওআউথ",  // bn
        "MWO인증",  // ko
        "قأسأم_حأردئن",  // lrc
        "قسم_حردن",  // lrc
        "اوآتھ",  // ur
        "میڈیا_ویکی_اوآتھ",  // ur
    ]

    /// The namespace: `Special`.
    static let namespaces = [
        "Amẓli",  // shi
        "Analayaapülee_kasa",  // guc
        "Aparteko",  // eu
        "Aptaca",  // avk
        "Arbednek",  // kw
        "Arbennek",  // kw
        "Arbennig",  // cy
        "Arnawlı",  // kaa
        "Arnaýı",  // kk-arab kk-cyrl kk-latn
        "Astamiwa",  // jv
        "Bağse",  // diq
        "Be_o_yoŋ",  // dga
        "Berezi",  // eu
        "Bãnde",  // mos
        "Cohotoi",  // mnc
        "Dibar",  // br
        "Diŋ'gahim",  // dag
        "Doaimmat",  // se
        "Doxmeli",  // lzz
        "Egwéyí",  // igl
        "Eihhrâhpa",  // mrh
        "Er_lheh",  // gv
        "Erenoamáš",  // se
        "Eri",  // et
        "Erikoine",  // olo
        "Esese",  // ann
        "Especial",  // an ast ca es ext gl lad mwl nah oc pt pt-br
        "Espesial",  // ilo
        "Espesiat",  // ch
        "Espesiál",  // tet
        "Espesyal",  // bcl ceb ht
        "Espezial",  // an
        "Extra",  // ksh
        "Faphegileng",  // tn
        "Husus",  // btm su
        "Ibidasanzwe",  // rw
        "Ihü_kárírí",  // ig
        "Immikkut",  // kl
        "Impotant",  // pcm
        "Inmusamman",  // bol
        "Ippiziari",  // sdc
        "Ispetziale",  // sc
        "Istimewa",  // ace bjn id min ms
        "Istimiwa",  // bjn
        "Istimèwa",  // bew
        "Jagleel",  // wo
        "Kasi'iked",  // ami
        "Kasi’iked",  // ami
        "Kayin",  // nup
        "Kerfissíða",  // is
        "khaas",  // hif-latn
        "Khas",  // ms
        "Khethekileko",  // nr
        "kin_iniptnaq",  // tay
        "Kingal_nanaq",  // trv
        "Kotakahi",  // atj
        "Kusuih",  // ace
        "Kusus",  // ban
        "Këcëweek",  // din
        "Lakir_kanɛ_bɛ_di_kɔn",  // kus
        "Lelibalulekile",  // ss
        "Maalum",  // sw
        "Maasus",  // gag
        "Mahluko",  // xh
        "Mahsus",  // crh-cyrl crh-latn
        "Makehe",  // wls
        "Manokana",  // mg
        "Marhasurungan",  // bbc-latn
        "Maxsus",  // tt-cyrl tt-latn uz
        "Mba'echĩchĩ",  // gn
        "Mirunggan",  // jv
        "Musamman",  // ha
        "Natatangi",  // tl
        "Nōncuahquīzqui",  // nah
        "Papa_nui",  // haw
        "Patikos",  // vo
        "pinakisumaljiyan",  // pwn
        "Pinaurog",  // war
        "Poimbida",  // dtp
        "Posebno",  // bs hr sh sh-latn sl sr-ec sr-el
        "Pàtàkì",  // yo
        "rirci",  // jbo
        "Sapak",  // qug
        "Sapaq",  // qu
        "sazumaay",  // szy
        "Schbezial",  // pfl
        "Schbädsjaal",  // vmf
        "Serstakt",  // fo
        "Serstakur",  // fo
        "Seviškuo",  // ltg
        "Shpezjal",  // ksh
        "Si_tohude",  // nia
        "Sipeciås",  // wa
        "Sipesol",  // tpi
        "Soronko",  // ak fat tw
        "Specala",  // io
        "Speciaal",  // li nds-nl nl srn
        "Special",  // all
        "Speciala",  // eo
        "Specialaĵo",  // eo
        "Speciale",  // aln it lij lmo nap sc sq vec
        "Specialine",  // vep
        "Specialis",  // la
        "Specialne",  // dsb
        "Specialnje",  // hsb
        "Specialus",  // lt sgs
        "Speciaol",  // nds-nl zea
        "Speciel",  // da kl
        "Specijalno",  // sr-el
        "Specioal",  // vls
        "Speciàle",  // nap
        "Speciális",  // hu
        "Speciální",  // cs
        "Speciâl",  // fur
        "Speciālin",  // prg
        "Specjalna",  // pl szl
        "Specjalnô",  // csb
        "Specēlos",  // sgs
        "Speisialta",  // ga
        "Speshal",  // aig
        "Spesiaal",  // af nds-nl
        "Spesial",  // gor kea lfn mad nb nia nn
        "Spesyal",  // srn
        "Spesyel",  // iba
        "Spetziali",  // sro
        "Spezial",  // bar de ksh lb nds pdc pfl rm stq
        "Speçałe",  // vec
        "Speçiale",  // lij
        "Speċjali",  // mt
        "Spiciali",  // scn
        "Spèciâl",  // frp
        "Spécial",  // ff fr
        "Syndrig",  // ang
        "Szpecyjalna",  // szl
        "Sònraichte",  // gd
        "Taanas",  // knc
        "Tallituslehekülg",  // vro
        "Taybet",  // ku-latn
        "Tek-pia̍t",  // nan nan-latn-pehoeji
        "Tik-pia̍t",  // nan-latn-tailo
        "Toiminnot",  // fi
        "Tooimah",  // smn
        "Uslig",  // kab
        "Usus",  // kge
        "Uzalutno",  // rmy
        "Uzzig",  // shy-latn
        "Vonọtaun",  // guw
        "Vyisangije",  // rn
        "Wadì",  // kai
        "Wat_khwo",  // kcg
        "Wiki",  // fy
        "Xususi",  // tly
        "Xüsusi",  // az
        "Xısusi",  // diq kiu
        "Zure",  // gur
        "Èspèsyal",  // acf
        "Èspésyal",  // gcr
        "Özel",  // gag kiu lzz tr
        "Ýörite",  // tk
        "Đặc_biệt",  // vi
        "Špeciálne",  // sk
        "Ɖéɖovo",  // fon
        "Ειδικό",  // el
        "Ειδικόν",  // pnt
        "Адмысловае",  // be
        "Аналлаах",  // sah
        "Арнайы",  // kk-arab kk-cyrl kk-latn
        "Атайын",  // ky
        "Аҥылу",  // alt
        "Башка",  // mdf
        "Башка_тевень",  // myv
        "Башхо",  // ce
        "Белхан",  // ce
        "Вижа",  // tg-cyrl
        "ГӀирс",  // ce
        "Гӏулакха",  // inh
        "Къуллугъирал_лажин",  // lbe
        "Къуллукъ",  // krc
        "Көдлхнə",  // xal
        "Көдлхнә",  // xal
        "Лӱмын_ыштыме",  // mhr
        "Махсус",  // ba crh-cyrl crh-latn tt-cyrl
        "Нарочьна",  // cu
        "Окреме",  // rsk
        "Отсасян",  // kv
        "Панель",  // udm
        "Посебно",  // sh-cyrl sr-ec sr-el
        "Сæрмагонд",  // os
        "Служебная",  // ab kbd-cyrl kv mdf mhr ru tt-cyrl uk
        "Специални",  // bg
        "Специјална",  // mk
        "Специјални",  // mk
        "Специјално",  // sr-ec
        "Спеціальна",  // uk
        "Спеціальні",  // uk
        "Спецӹлӹштӓш",  // mrj
        "Спэцыяльныя",  // be-tarask
        "Тусгай",  // mn
        "Тускай",  // tyv
        "Тусхай",  // bxr
        "Хъулухъалъулаб",  // av
        "Цастәи",  // ab
        "Шпеціална",  // rue
        "Ярҙамсы",  // ba
        "Ятарлă",  // cv
        "Ӧнетін",  // kjh
        "Սպասարկող",  // hy
        "באַזונדער",  // yi
        "באזונדער",  // yi
        "מיוחד",  // he
        "ئالاھىدە",  // ug-arab
        "اؤزل",  // azb
        "ارنايى",  // kk-arab kk-cyrl kk-latn
        "تایبەت",  // ckb
        "حاص",  // bcc
        "خاص",  // apc ar ary arz glk khw ks-arab ms-arab pnb sd skr-arab ur
        "شا",  // mzn
        "مميز",  // apc
        "ویژه",  // bcc fa glk mzn
        "ځانگړی",  // ps
        "ځﺎﻧګړی",  // ps
        "ڤیجە",  // lrc
        "ۆێک",  // bgn
        "ܕܝܠܢܝܐ",  // arc
        "ހާއްޞަ",  // dv
        "ޚާއްސަ",  // dv
        "ߞߙߍߞߙߍߣߍ߲",  // nqo
        "खास",  // awa ks-deva
        "बिशेष",  // dty
        "बिसेस",  // mag
        "विशेश",  // gom-deva
        "विशेष",  // anp as bho hi mai mr ne new sa
        "विशेषः",  // sa
        "विशेषम्",  // sa
        "विसेस",  // pi
        "বিশেষ",  // as bn bpy
        "ਖ਼ਾਸ",  // pa
        "ਖਾਸ",  // pa
        "વિશેષ",  // gu
        "ବିଶେଷ",  // or
        "சிறப்பு",  // ta
        "ప్రత్యేక",  // te
        "ವಿಶೇಷ",  // kn
        "ವಿಸೇಸೊ",  // tcy
        "പ്രത്യേ",  // ml
        "പ്രത്യേകം",  // ml
        "විශේෂ",  // si
        "พิเศษ",  // th
        "ພິເສດ",  // lo
        "တဲးဝါး",  // blk
        "တဲး၀ါး",  // blk
        "တၟေင်",  // mnw
        "အထူး",  // my rki
        "ၶိုၵ်ႉတွၼ်း",  // shn
        "სპეციალური",  // ka
        "ልዩ",  // am
        "ፍሉይ",  // ti
        "ፍንቱይ",  // tig
        "ពិសេស",  // km
        "ᥑᥪᥐ_ᥖᥩᥢᥰ",  // tdd
        "ᨻᩥᩔᩮ",  // nod
        "ᱟᱥᱚᱠᱟᱭ",  // sat
        "ⴰⵎⵥⵍⵉ",  // zgh
        "特別",  // gan gan-hant ja yue
        "特别",  // gan-hans
        "特殊",  // cdo nan nan-hant yue zh-hans zh-hant
        "ꠛꠤꠡꠦꠡ",  // syl
        "ꯑꯈꯟꯅꯕ",  // mni
        "특",  // ko
        "특수",  // ko
        "특수기능",  // ko
        "𑄃𑄬𑄥𑄴𑄛𑄬𑄥𑄣𑄴",  // ccp
    ]
}
