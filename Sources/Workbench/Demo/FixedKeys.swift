// Keys for measurements: the same at every run, so that two runs do the same work. They protect nothing.

import Cryptography
import Bytes

enum FixedKeys {
    /// Signs session cookies.
    static func cookies() throws -> SigningKey { try read(cookiesPEM) }

    /// Signs access tokens.
    static func accessTokens() throws -> SigningKey { try read(accessTokensPEM) }

    private static func read(_ pem: String) throws -> SigningKey {
        try Array(pem.utf8).withBytes { try SigningKey(pem: $0) }
    }

    private static let cookiesPEM = """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCSU7FQaB/8JGLS
        mc5VbtpE9KXneCoVok/dT74MjxHLfHcZXSRQ32r1MiiM2zhPWFWF9pIGvnAXg7R9
        k0vd3kLNhRCspYI17bPAh2FZydS52jaxkcMv3gz9CJY0dgTOHo7vBZ2txSEM2H1q
        +DqjARzbceK5zZajSMOw/vKNRPX5GTpAhUmUC5x4svGlXRHd7EJ1yN4TFBljNEiC
        pMolLa/ohpZkgW3yjGOkjXoBEU5C3XvXNdSNWiPvJs95zTf2F+iFLBoutM5U3y23
        RENi5Lim40ia8TtPDPlzYaajgdIG2NiWi1Uxb5n94BW3q5/8SESNjnI60jfgIpE6
        XrBive4nAgMBAAECggEADzp3jyMvBPoycLGCGEEPpTKC25qVYqgAQMuOP1daZj9/
        U5vubh46TudX8gTUkOlkCSuWme4S01epHpKISEBb2nC5QgZ9jSg+V1CfkI0hPvBX
        VdaSJjapSmIs46vOpzbl8Dk45j9IR8J2Fv5bd+BjRPFOw8CCJ18owpBd5Nbi9HgD
        1i2iVkmI081bd6KUvABcrsiOctDVMr9AgSJ6X4sGN6Ylh3KfnGjU4MGYds9vLpWV
        ZwNrMGRpT/LU/OOjfLe04Ksw/FAIKXB5xwf4/NPmKZAzwIvsQ/pT9B0p812HawJj
        xPIVWlFANE8PtJ1E+y6bma3sE6OZyf+mU98kWyYy6QKBgQDJ5nko8dV6PR0IhqQd
        c9yQfZgbla4Lfunv4KgZegrM2nEKMJhZ9qGcBE2HgA5CR9XXus60CO+J7szVJ5Xe
        zzap8viqacjIh0sSuQUeE1QYVPMWT9kavwq2SJ6mICUaC4bzMSB0mI+Mz4l+vWAQ
        pXp77Rk/1EaGOdZEsLT+UVxEfwKBgQC5iR2xWTtKUzmayXstyCLspfamBnFx/d8j
        06nyQhn7S6BI+dvJ8nq/wmNLw1tdR0BRWFUaaASrqpTCH+WyqCh67igKDVybSGv+
        CRWmvDYJ3ehD1MMVGYLDJB0jIxamqIvM6VX/Tbp6rxac2F2NyIJsfTGgUPnNZvY9
        gS5s+c7iWQKBgBXo9O0EkW4ag7QRKG4pzJ3Bg2g67hBBTZHCh3t8Sv/AFNROQbpB
        kXgk32T8+I8ozIQEubm/3n7Rc1kOWq07P2th+qpDoI5iYDs/6NZCsrWRQnABakYE
        xVzStKTCiEQzTAnIIwWEKM/XFcyzMGGeE5SvPjY3CxA15pK9umZ+3cxxAoGAQhB4
        6jWDzytjT6J+ogapqOpPsT6KFrT3R6KO2RyAc+Kx6EpP4NDetHlbMhcV6Vj9pfl2
        FDkFsLrEzXreJ4eJIny69Rlc6E4ZZhOGCiDqfQjvM3gHHvQ+g43QcjqETkOlxAkx
        /f6HcDf4LVE9vsau6kKJ8TPkPydyduQQy+0HpcECgYAlyHAyGyDSKnGcPsZwOb9a
        d/u04JuDq0fz5vdF8jNUy8trC83kiqRualbjT0ek5Tew3qwyXcSMof3hQJid3qsP
        +2O2YJonmg/FG86vJf6pWDHszZzCu1GL1GRILboxlFEQglz0Mk/+KA60FiicQ9tZ
        yIFZsPXdo4dFeeEkmkawsQ==
        -----END PRIVATE KEY-----
        """

    private static let accessTokensPEM = """
        -----BEGIN PRIVATE KEY-----
        MIIEugIBADANBgkqhkiG9w0BAQEFAASCBKQwggSgAgEAAoIBAQC/122iZScBp98A
        lOCRq56WvHQCX3tg3cjDEqxov3I14MibLZ7P1cs/7pxd+941U/MGD5JIzkNuKCEz
        nFbQB4J9RffKwtJqpzK2TXFFPlTBqnMJiQDA5Cpgps64Uw0P286R5G6+/HaODTy1
        TwdMONs+X1Tx5SrfBukT5BxsnV06ivVOtOHOh1eLxTqPtECWetXzJFb4ZVopsCIt
        BjA8taHySrSC4ZkBzNVoo0mfIgO+Tdg6dxPuM2sjx11Xx6FszFTXKxmvqfOVM++C
        efy5ZEiygk6t+x6sib2EhQnwVjV0Xs3m/J/KzSXCy2Xd65tQOHPOOMGXleYicNZP
        bCebjbpvAgMBAAECgf844pOVbGDJDEC+pKMRvrkDKVL6Z2ZV3kqENBX1/8A3hrSb
        7TxPuee0hiFfElSIyKCKCj2fIvzoLB1QqTKsu2O1nGVFtDBARCP3ZYSCFHRN+w8j
        kKYISdop6cVBKa5ghoAiZw6ZXSgyeiaW5YDJrQwVV5VVgrnHbH1ZKBKvxr14UQW/
        K2ptgpj84+xn8l2xUAGn3zu8wBpc8nn4UttfghBYpP+ERdZvMvpn578o7SWWEmwa
        X0kU9lM5DifZArtiTiUMqPi1Yfs3M6KVqnoIpHACpfhmYUeFOkw16tgUFbmB20b5
        katced5i2BFh/B3L5HyCj6QrtYrFySWzA0Ax92kCgYEA+gWuH9GJuR71n57ij9s8
        7EgJZVLmp2U4Jll42EzoyHf1qSwLIFzkndB2cddMPd12wYZJyP75nFctnVVAIS8w
        0x2i9kZxSheSUiBWDPss5MnUA6ttK/ChYPLBMaMK6muf+Dk+HCj+8vD7WsQloamX
        GhoDjZtDUEMoV+m7NflFHAsCgYEAxG2juZzd+bEiu8ZZFJ/Pv5RR0xO96fzx2UHz
        yMTr8shAAUgUAh4UVuvrIPVaur7RMU/q641N2UB5WrMBT13/2t7D+boPihu8W2V8
        EeBjiKQe9pChkGusRZ99K11TlEyXVus9Zacgqd3NsJHupwLOZ1gPn7y138iZkHKW
        Ih7Sta0CgYBl1Uxvj0PeD5sRcYBsAWrV/h09lL93bMWq8QREbUbe5+U6C0NY4h0H
        njGv+nYGOJ63AgApipiWMffVPjTJj1P+mPKYBmb8O4+QPbVuwhst8HqXKApmPDMu
        rpE7q2G1yzIzwvTmOVhmEPr/pCaDqvRtYC0UTynilgfnjr5+pFGeswKBgBt7P2nL
        kZ7KcpKU2IezKCykgqImY+6lrex4drQDIQOxkorbW7lEHhJfJWFSEmSIJ9pfVP2p
        olef1pqi6q8A9rfXbNG2f1ASO1MKKsaRfztxwsc6SvBasBp5itiTUQsxgAbwGIHt
        VPuPBaULdbk2AkyhHGZ7z3JErX9xGKIjb9VtAoGAcZlT/clN8oyRyhU2GBOtqkVC
        5H9ST4WrpIBXocQohekTZJhuj8cpgX3cBItnOC5bCy5LlRvhaf2SKehq3EkW3mpO
        VsVgAfMOp1on6i1nP6GWBtwHbHz2T12DrgENnP4LoEjvmq4ZTvcOGs8U/f0rwwHl
        40wAovc7/Liaqq5iDQE=
        -----END PRIVATE KEY-----
        """
}
