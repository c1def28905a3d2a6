// Keys of every kind, made for these tests and used nowhere else; the recorded ones are those of MediaWiki's test consumers.

enum TestKeys {
    /// The key of the recorded RSA-SHA1 consumer.
    static let recordedPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3cUgGsQ4N/UYIMgDYHqg
        ckdm2Q4j40mYRj4U4yNQATHaHvXQilmeYhl0F8+tBdzdqQK8g808z2Udu7Lf7a75
        JCJV8RAmHX3ic0EahYlVIWDTUrT7966F/ZFPY3FkowH63lAaM1IR2qietd8oc0rW
        OqQcVTan2NuDtt4GLcT4Clfr07UW+VDF9UmUeeHDweTQcp9/HinePgSSX0gIihN3
        gGlQlsVMuJp4+ve6y6F0AMf17LE10Ff7MJQBn/sClUQKlhv/Nr+dc+FO7kuEkpDP
        PFAihyHvVKSFw2cm3gNodZmS1wG/aQ4KOjlobwZl3xVUqvsz0gyqM1HlDP8Zrc+O
        iwIDAQAB
        -----END PUBLIC KEY-----
        """
    /// The same key in a certificate.
    static let recordedCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIDBzCCAe+gAwIBAgIUM2LnlrZY+t+gywc7iWf9cUw1pMEwDQYJKoZIhvcNAQEL
        BQAwEzERMA8GA1UEAwwIY29uc3VtZXIwHhcNMjYxMTIyMjEyNzQwWhcNMzYxMTE5
        MjEyNzQwWjATMREwDwYDVQQDDAhjb25zdW1lcjCCASIwDQYJKoZIhvcNAQEBBQAD
        ggEPADCCAQoCggEBAN3FIBrEODf1GCDIA2B6oHJHZtkOI+NJmEY+FOMjUAEx2h71
        0IpZnmIZdBfPrQXc3akCvIPNPM9lHbuy3+2u+SQiVfEQJh194nNBGoWJVSFg01K0
        +/euhf2RT2NxZKMB+t5QGjNSEdqonrXfKHNK1jqkHFU2p9jbg7beBi3E+ApX69O1
        FvlQxfVJlHnhw8Hk0HKffx4p3j4Ekl9ICIoTd4BpUJbFTLiaePr3usuhdADH9eyx
        NdBX+zCUAZ/7ApVECpYb/za/nXPhTu5LhJKQzzxQIoch71SkhcNnJt4DaHWZktcB
        v2kOCjo5aG8GZd8VVKr7M9IMqjNR5Qz/Ga3PjosCAwEAAaNTMFEwHQYDVR0OBBYE
        FJ1VXSCTgyPtkZJKpoeOb7EgjdmeMB8GA1UdIwQYMBaAFJ1VXSCTgyPtkZJKpoeO
        b7EgjdmeMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBADxTyaaF
        H1LvmIthIK6g8LM4Dj+OHC/otEqff2cSi1wr+dexHbtoV6efMRHkRm7X5l6u8dgM
        HL76Y/AFYsONtgkInjgYYQRlFU2PtvfkJW1cp04OKqA3KA/0qGYH0Li47eAcRQKp
        60+nNeJPDA2hvp1aCyqMqvpLtTaDquM+VdvV48caWdhk3VWC1rqTaJdOVl+6E0+r
        e7nWOVJWfkIF6JFswE0DMkLyO5vovxZ/c13AOCgudaHUbOK6qdSDU7DMJoYxALta
        6qyJQ6SnHaiKvQn4zb3//hCktOZamuoc9DwHK0YG7AyUtf90R/V6yHM4bVH7Y9Kx
        9c1abmNNMyNT744=
        -----END CERTIFICATE-----
        """
    /// The key of the recorded RSA-SHA1 consumer with 1024 bits.
    static let recorded1024 = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDJUFrcwJKZU8ejndj8LINiyQ6P
        1lh0ufOMuTxiE2miwBrOdK/1Cf71SFCAyXfZF2Nvg5cYybhZdzAinrwiGbLaX+Wq
        KO+SRSPKE9RKZNSzQzJYL17AG/enXBmOnIPqwEQLeSe3F4esktMBTZZr9in6XC6+
        O3Bm819fD1UYIrRx9QIDAQAB
        -----END PUBLIC KEY-----
        """
    /// A private key as PKCS #8.
    static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDKKzZioy7YkyHV
        FMG8VZEKLAX/sUdTf9AtHEFW9VJDOIzr40Rl/Eglof8D/gkNsTNkwgs7UJhi93Rl
        xlkcLnMc6cHND3hdC0h7WjXm22bTiSBTcq2c0S5iWgnbrBnq3ZPiq/gUQ6dpHK9o
        sNEECOE8podaz96GbYVH/3j5C/OE5wmbCoA1ULNacXgq+oakiqNd398WOLJSnYTo
        jicps7dc5NWwllfPPonEkvDdd/rmWgt216VYZyTB4QEZKiTcLAMJZJXHZWdYSY5s
        htwQcUrdUqaxyT5TcQtinHCKOSLc9O4fzKTED4VHdCpIsYYQ+3CLHyswpPBP+jVb
        9RctDeidAgMBAAECggEAQEX/utk9Zf5U5bz9IOalP3IikBlo3zuF0Cmo/j/tINDk
        QIRW9QOBXnGDtV24vCEngTONxZRIdkJMv6SRJPwBfeI1Sn/OGOqi5xCVjWkYZk00
        uUL+vhnk4MDWXH/5F2nNf+WDb9HYcfr8K1D3ioxWK2WYJ79pdBxyoKKwb6EkkQ4g
        CJK5UOl9F5b4HD/4ifANFUL+sUMbstKabAqKyzIgAVY9EXAURu0Ryxz/fl5FaoFK
        MkxuRf/FlqdMOtbbyK53rysvX8l9r68GzTczzHRN/QbmlpTR57cdnvtVrY5UEIFb
        9/qSMSJBf723eKNEwDyeW2GO/PVQeoJEDjOAmWKSswKBgQDr24zkYf6kWVwBFgnW
        Q8I8iRhyIfEJ6g2okMzMz89qehjhYHGNtehFlTMVTSh9EFb2faUFZJHesOob2ZVg
        +M9zKyEDHDZiF0BWM5y8KtA3nxXmcuAAaS3EIaQVt+rewIyXKf0viLefh/rIpNrk
        FCZUtQWbSNkPqMGcjIK/z2JmLwKBgQDbbyNzOOpriNnztA1f+yPKQfOj0tTuWflS
        Hx0q4OMTSUb58C6+xULFUPZ3jSsCPyDpX3b4BLbpgVJfH/Q5sVbYGzhRWL9gpx+v
        ok3JxXLyBAfDV5vJWbvcu5xQHwFpP+ekimGFOHAspHJkz89Eq373IsnY9Ll15WOO
        gI8c8zc28wKBgG4FNTzXxXwOvw82o5ISe4nXfdLHqHOyfXqTSSWFDsEhgXeokG/F
        WjsTNQgLvQZR1+8VfyP73NufdSVWowrgJY0YokacI3YwWG+dldBkvEol6IZeMcWf
        Sp0CAFOtPl94PFzLVnKU+Oru+HoeBIl+KL88zge4vKBEXURUey1UZRc7AoGAC511
        Zer0VZ7X0pOMRbFYcqNNDzXguYEftl4ZQCTJQEMXs7En+Ecewq0HbsqVJThMOK4p
        8PTm7bM/tfNODSO68hN2xq+I6cfO4JAZx/1gmTjnZEql32GVlRiFLKSHgZe1XjtI
        8DFNlr9ZosZxNTRSsygvQQGrM3dh7rAVYzXojUsCgYEAnuFlcKv82oUZjayEx3Fd
        JV+BDqDWh4Y/NTpmuSMrNUAH66YhCVNNJ/ad6Z+Mnxrke3pwVS0a16erpkRmz79y
        qP9lq66v8R0j3LK4UUIYwVTDwEeC7vsq/ZFWCkso7hXfB2fDRBafaIqKghZG7YFJ
        wwMZc9M5o46qjiaTY4v5wOc=
        -----END PRIVATE KEY-----
        """
    /// The same as PKCS #1.
    static let pkcs1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAyis2YqMu2JMh1RTBvFWRCiwF/7FHU3/QLRxBVvVSQziM6+NE
        ZfxIJaH/A/4JDbEzZMILO1CYYvd0ZcZZHC5zHOnBzQ94XQtIe1o15ttm04kgU3Kt
        nNEuYloJ26wZ6t2T4qv4FEOnaRyvaLDRBAjhPKaHWs/ehm2FR/94+QvzhOcJmwqA
        NVCzWnF4KvqGpIqjXd/fFjiyUp2E6I4nKbO3XOTVsJZXzz6JxJLw3Xf65loLdtel
        WGckweEBGSok3CwDCWSVx2VnWEmObIbcEHFK3VKmsck+U3ELYpxwijki3PTuH8yk
        xA+FR3QqSLGGEPtwix8rMKTwT/o1W/UXLQ3onQIDAQABAoIBAEBF/7rZPWX+VOW8
        /SDmpT9yIpAZaN87hdApqP4/7SDQ5ECEVvUDgV5xg7VduLwhJ4EzjcWUSHZCTL+k
        kST8AX3iNUp/zhjqoucQlY1pGGZNNLlC/r4Z5ODA1lx/+RdpzX/lg2/R2HH6/CtQ
        94qMVitlmCe/aXQccqCisG+hJJEOIAiSuVDpfReW+Bw/+InwDRVC/rFDG7LSmmwK
        issyIAFWPRFwFEbtEcsc/35eRWqBSjJMbkX/xZanTDrW28iud68rL1/Jfa+vBs03
        M8x0Tf0G5paU0ee3HZ77Va2OVBCBW/f6kjEiQX+9t3ijRMA8nlthjvz1UHqCRA4z
        gJlikrMCgYEA69uM5GH+pFlcARYJ1kPCPIkYciHxCeoNqJDMzM/PanoY4WBxjbXo
        RZUzFU0ofRBW9n2lBWSR3rDqG9mVYPjPcyshAxw2YhdAVjOcvCrQN58V5nLgAGkt
        xCGkFbfq3sCMlyn9L4i3n4f6yKTa5BQmVLUFm0jZD6jBnIyCv89iZi8CgYEA228j
        czjqa4jZ87QNX/sjykHzo9LU7ln5Uh8dKuDjE0lG+fAuvsVCxVD2d40rAj8g6V92
        +AS26YFSXx/0ObFW2Bs4UVi/YKcfr6JNycVy8gQHw1ebyVm73LucUB8BaT/npIph
        hThwLKRyZM/PRKt+9yLJ2PS5deVjjoCPHPM3NvMCgYBuBTU818V8Dr8PNqOSEnuJ
        133Sx6hzsn16k0klhQ7BIYF3qJBvxVo7EzUIC70GUdfvFX8j+9zbn3UlVqMK4CWN
        GKJGnCN2MFhvnZXQZLxKJeiGXjHFn0qdAgBTrT5feDxcy1ZylPjq7vh6HgSJfii/
        PM4HuLygRF1EVHstVGUXOwKBgAuddWXq9FWe19KTjEWxWHKjTQ814LmBH7ZeGUAk
        yUBDF7OxJ/hHHsKtB27KlSU4TDiuKfD05u2zP7XzTg0juvITdsaviOnHzuCQGcf9
        YJk452RKpd9hlZUYhSykh4GXtV47SPAxTZa/WaLGcTU0UrMoL0EBqzN3Ye6wFWM1
        6I1LAoGBAJ7hZXCr/NqFGY2shMdxXSVfgQ6g1oeGPzU6ZrkjKzVAB+umIQlTTSf2
        nemfjJ8a5Ht6cFUtGtenq6ZEZs+/cqj/Zauur/EdI9yyuFFCGMFUw8BHgu77Kv2R
        VgpLKO4V3wdnw0QWn2iKioIWRu2BScMDGXPTOaOOqo4mk2OL+cDn
        -----END RSA PRIVATE KEY-----
        """
    /// Its public part.
    static let spki = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyis2YqMu2JMh1RTBvFWR
        CiwF/7FHU3/QLRxBVvVSQziM6+NEZfxIJaH/A/4JDbEzZMILO1CYYvd0ZcZZHC5z
        HOnBzQ94XQtIe1o15ttm04kgU3KtnNEuYloJ26wZ6t2T4qv4FEOnaRyvaLDRBAjh
        PKaHWs/ehm2FR/94+QvzhOcJmwqANVCzWnF4KvqGpIqjXd/fFjiyUp2E6I4nKbO3
        XOTVsJZXzz6JxJLw3Xf65loLdtelWGckweEBGSok3CwDCWSVx2VnWEmObIbcEHFK
        3VKmsck+U3ELYpxwijki3PTuH8ykxA+FR3QqSLGGEPtwix8rMKTwT/o1W/UXLQ3o
        nQIDAQAB
        -----END PUBLIC KEY-----
        """
    /// Its public part as PKCS #1.
    static let pkcs1Public = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAyis2YqMu2JMh1RTBvFWRCiwF/7FHU3/QLRxBVvVSQziM6+NEZfxI
        JaH/A/4JDbEzZMILO1CYYvd0ZcZZHC5zHOnBzQ94XQtIe1o15ttm04kgU3KtnNEu
        YloJ26wZ6t2T4qv4FEOnaRyvaLDRBAjhPKaHWs/ehm2FR/94+QvzhOcJmwqANVCz
        WnF4KvqGpIqjXd/fFjiyUp2E6I4nKbO3XOTVsJZXzz6JxJLw3Xf65loLdtelWGck
        weEBGSok3CwDCWSVx2VnWEmObIbcEHFK3VKmsck+U3ELYpxwijki3PTuH8ykxA+F
        R3QqSLGGEPtwix8rMKTwT/o1W/UXLQ3onQIDAQAB
        -----END RSA PUBLIC KEY-----
        """
    /// Its public part in a certificate that has expired.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIDFzCCAf+gAwIBAgIUBQpPh53M+JTkozxuh/T/6WVgfnUwDQYJKoZIhvcNAQEL
        BQAwGzEZMBcGA1UEAwwQY29uc3VtZXIuZXhhbXBsZTAeFw0yNjExMjIyMzIyNTFa
        Fw0yNjExMjMyMzIyNTFaMBsxGTAXBgNVBAMMEGNvbnN1bWVyLmV4YW1wbGUwggEi
        MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDKKzZioy7YkyHVFMG8VZEKLAX/
        sUdTf9AtHEFW9VJDOIzr40Rl/Eglof8D/gkNsTNkwgs7UJhi93RlxlkcLnMc6cHN
        D3hdC0h7WjXm22bTiSBTcq2c0S5iWgnbrBnq3ZPiq/gUQ6dpHK9osNEECOE8poda
        z96GbYVH/3j5C/OE5wmbCoA1ULNacXgq+oakiqNd398WOLJSnYTojicps7dc5NWw
        llfPPonEkvDdd/rmWgt216VYZyTB4QEZKiTcLAMJZJXHZWdYSY5shtwQcUrdUqax
        yT5TcQtinHCKOSLc9O4fzKTED4VHdCpIsYYQ+3CLHyswpPBP+jVb9RctDeidAgMB
        AAGjUzBRMB0GA1UdDgQWBBTtRIx+s5kapDwcpTHasLS2hxmdrDAfBgNVHSMEGDAW
        gBTtRIx+s5kapDwcpTHasLS2hxmdrDAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3
        DQEBCwUAA4IBAQBpVahAm+sNi3w+QwbLPuFEprUT2kFpoN1xNHcEt+xgoSwrjvpt
        eZKTnWheGfAtwRVI3D7rBMVcx5pc95Ro6NAE3mDz9F0Yxj6jE3F25MhmO9rsQjhv
        MjDkc1GoKQZy8q45GqF+1H/Zkw4D6zmOK3LU5tz+XtTFwX6eEJG1fYxMI6wKbUwG
        1W/KbzVsrOTYfrVOVLMJ0NLCPtak/o6wMqP5n3v/YgZqZ6L5BHnqaoDKgaYz7t+/
        V6tcxCyJmcIM+zNjLrR6YbG8Rxe8ndja3GFF384Gfve/Z9nD7VA6FylqEwPduJBY
        K4sMIlxMAOljhINN0zHfnXzjPmFr92l1IELY
        -----END CERTIFICATE-----
        """
    /// The same, encrypted.
    static let encryptedPKCS8 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIpEJs0mNK13wCAggA
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBC+fyeemNp1HTvCZu6tidZJBIIE
        0FVR96JTs2eN2thMeLw9C7vAW7pKlZcK9Oi04kMAkZZejyJ/19o7Jb3vZ/N+WcBJ
        hl18KpCGRK8jNhFicHKWOD6hYipqy9LDUDcyBeXPoABhaqb1oz40b/4AIopztP5w
        4P4eKxXDb2fk0TDPfTLPt4DjlL1QrEVAceoI8flUn1Wd3eHf/X/ljTctQwef34Fa
        0umTXa2LmrqWt24BkcYSCa3vFdArUmbA2zGBJDktoPrjq6Ub22kVu7dbGMG6lhE2
        E1HmeJzEwFgSmuLbzBJRzn43r4eWEYsZoNjdowRZoao2hLYo5bkFfjFnB404sINL
        ZIFWmfLnLBU0dw7BDS4yxqGoctX2X3S7Zat6ZU6STN4r7KwkMUVtIEk2j1X8ZU8v
        KP4UEqKmcWWW9wKE/6BexIzfuNwEhjSiLkxSyAJdwAg8q/vyyrj7eSoqC3PD6y6m
        QdQsqAVTq8ov1rG3q7t3bpZzhye8TBr9HdgYWEIFuMnh9hzmNTof0OyxqR4jczYD
        IpxP7lFdhi7vET3A29t/KhepOkVNg2NQC3i1BynPlqyc+aIbtUUeUaaMGCBZCAZW
        ZEvcjrUqQkAtXikpaAisFx0UYF0WXD090MXGwB+AmRPVWx3vHh3v8bmvyxYsU0fp
        7LZy+j1Bveg5yEZ/2ONb4H/HRBopvC7nnQyb09hYnRhplY0tHN++GAbaOx0pJvHK
        QTWjysuiXv9m2USxvcZsH4ug4CoMPCtURruYQEwu8x2/eO4xYej4yxXKXGjVlgvS
        ouKUlnwcGSLQTPBcZqerNRCKGqGKRF8TkdyN2EbdmA3LCH+2julFow8Q+dTpFc90
        M4bV6eV4tce6PFPBzfxC2ieHxDsHr9Zo2hYdo/FmCCWxlkewyzLbJAbmYXAUkGM5
        J1pQfB8XgdhDB/CrTz1MuI12CN78LnNQVZkar0ibUfIvmD3wyG5XiX8J4gcatjyR
        fCUPb8XJnYvD09c/62G/Q6LCrK668U8zGzHfzdfij96RtcVLIH2RXTuAHGGUgRz+
        j/Nn4z75T6YP+oguC95gM4TA+nBl4Tw5FQawgrHwiEr4aJ0yHHBz0daecqj0elpB
        ylIYQI0YXqxOozme50N8Nq8A/t4NUxfZQn/ErABzQ8RyWUDM7H4tb0TwTJZoX58K
        9/pP5EhorOxVjndrjPXPG19aSqTUXz9tWhhxs0SgXUfbeZ+KzyofvSW5QdSPBdff
        okddbeTgKzBl/x0aTyYM+zKJQe4euSlOeN1Ds0Zl+HDzQPMp6Cojki1ob8T9XF1r
        VE5Aj7pKzhGW5RbK30xRX3GuStPFOHmJ/K8uD3GhyudE8ZFKTt4dTMmrgll/g4Ym
        /Nu7aVMe6WWnNxTp/L3FfYTJNcgffrtIzKfh+2HNGyBwbxhC+ALk0W1T2K78ipK1
        VXqCy/uWTejBgvMUM7q4jeBwoL1qfihN9y3UAiOavKaTzQ6c2dMUd8WOO+r1lxc9
        kC7C+zgl2CA/+gwblUUiC4ezQI8twqdX2bbL06VntAtBsGmKjxyELVZH3MQrCCBc
        U9iCjLjqlLK+J77w+h295YkpjSqRj8ETLWfFk59d2ujGUppxQaZjCs530zqQi0l4
        pu2ULIerdIFAavRdKbVtUi5l8Z37NQfYMvSH/IpN/4gL
        -----END ENCRYPTED PRIVATE KEY-----
        """
    /// The same, encrypted in the old style.
    static let encryptedPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,232AB5DB7D2CEA21DF95C5D38F29EF5C

        XaDGBuIVMiwuj3WApNOmdVeRivIkB4tAK5G4yYOaCVGNgVGaduhEfxio9Y2SpOZH
        Ihggm80em1SXeNuLCRkwxMsT/mscQW5HYJcqCfv/7qyN+oD7LVB+qANDKhWdHXu/
        MrkDUyGWmF1v1OkSUCpMFXsvt+N/mkjgC8oxRvcecdf04Syx6hhegO2opIRkoeyf
        tLKC6AIYOuzY+qfCQJ+XEYPCMH2N1Othx1iPuOlgfGUhH/yS/BZYn7tik1h7fbGh
        WCHZYw3W50qKu9ew6H3AnATpbC+TlWl+1p/HlvQ2woBmsSY1CAPJ9y3pLdJWDTRV
        5DNZPNG8dnF5d1ywysKrYRqahlZv8U6XxK0NDlroCrKI+/5skTOz/P10ArG/auPt
        dQ9RjXRxChOsOdl9GEZVbMaPbiRg4BO84jBBW4bT4h5LM94QKopmj8HGQ+80mSIu
        YhukPEdAPnjIAh7zRrmbEzUJOGwXQgr2WCYON7KMRmURAqKRmSU2OxPWDwO4DT1g
        FiGQziIVramvAiy+P9+gXzyk2bMc13NDeTLs4qVVqOsUMkvgbpTOzhA8r2pSGVxh
        TlgPq5n+GlfsIKXQxBp20vUmNhSJ6ypPtbhuPLteR0j4GgmLsSCnutj2jfoM+YH5
        JIFe1seIaaz1QmlHjWr2vOP7Ac9LJ78vMu9kVw3nUj+t1FFCLmbcmXqYNwlb4YWw
        ZosJkCj5XtWvC5r0q7cNX6tnqWkUIKfVD3V1k41TMA3kGq0tfL1w4EfqRyaSqClT
        w+eQqYBhiTRegpYN2Z+Zimj9WW/fAlM/azYcHmTQVLNnrtwZFDtnJO2Oa3pWKaG4
        eVGtHwaVx8+dtQGGwOut05LtPNch94MR36qoJt4sIH8ZB7y00wrx4MMMkO0EXZmG
        XMB2DkFZ+EYVEUzYXQkwJilvJ7a9fVDdlJmaZMq4/ya2SBxFrk2l06KAFgJdyOQf
        JKSCwmBc2p3etviSu8goa3ZE/5+0Ct2n/VNnZWd5POkhIt9nkTwkMGGpS48jp/uW
        7cJ2X9CVPpx6tXbE12G0Y9diYM1MPHccQpljzMz1u6CgHJbyM3+QWTpEE/1FzmNw
        myofV00gRoaKKytOZo1/7UseAKPu/A4x9Rk7v5QXyRHx2l/EyvE5S0WsQdl1ATyq
        9EmVtMseESA0k8psL9Z0Qx6MvuzyIOeWs3RrvFTiO1lkvKy+Grt7+tZtOpjefI3a
        sWIVpaJIPloFcXNx94wRo/mgz4mV1EpWXhqjMt5ZbYq9onTrXmFfef+Y84Qf2MSb
        yj2YzByrRg/2Bqm9V3DtPO8bAFPdGt1QklKHfUot7evSJcCMqqNHgrXSwbVM4USH
        dBZL1bpOq9urNK4P3rAY7dmT/j4epXSmeKuSCvLCMCpkxPxO+oERvCyUqJ+9KXY+
        K6pomXA7Fi7c/l+zLeoy/h5dBezwljz2qayvwFanjlc1OxvuSIqLRLqod9NJ8M5q
        2VeWLhVsGHy2vFEyqOT5uvRZ09RxTi/1wZ5qTqr/upn2ohfQ+mpad/9ZE2bTUwG1
        l7mOGGX3fveTBg0v2I+8FPlEZbiJAbkTiUJ3TtTl1rDqJhu7VvW3T5TR9EfjJUvU
        -----END RSA PRIVATE KEY-----
        """
    /// A public key of 512 bits.
    static let bits512 = """
        -----BEGIN PUBLIC KEY-----
        MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKOjBiVII9RanLNthkS0jtXbHS1sWwvW
        Tu6USuUHlhb6Y8c5NbnxrSCjysK4LbBzZCfJa8FCNmeOzfPekWyLwm8CAwEAAQ==
        -----END PUBLIC KEY-----
        """
    /// A public key for RSASSA-PSS only.
    static let pss = """
        -----BEGIN PUBLIC KEY-----
        MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAMofxipjM/afY21CwUaW3SJQ
        YIn83c++BRGeBRXidt0lFaUVPNeKliD+dSQRck8DgfPZ3YALt3sAB8yrEu9FQd/N
        zebX3KFHU1epYoB6J9k226WGz8ZUEYoyFlhZ3GYg4GzXKP0+ZkK+x6WHCcBTzeEc
        GPn8EOmA8CM+S5KJjHSiaB3TWdm/k1GZmlnrLuyDlz7NOSb5wBlAIoxIdhlBJ+IN
        b7W43mEUM++G9byQu0EYN3cv+FZSpAZf0t1cF+8N+zk8DEZuQ6UhTYseCF5+1n8c
        E4IPG0zecG9aNqLsJbYhVHkWldCoHuEFaxyAT2gBtO3KRO0da9/20SrSnnjdRRUC
        AwEAAQ==
        -----END PUBLIC KEY-----
        """
    /// P-256.
    static let ecPublic = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbKpPpxBaU2RaPgtgiYZGr3EYuspd
        sW2SbwBC687MlMmmK1+0CcVzK3MMmBmNkgH/aVKZmW0JEkN/zCnilRy8ug==
        -----END PUBLIC KEY-----
        """
    /// P-256.
    static let ecPrivate = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRbQquWVoC6MqagXn
        t6hPQpBDAJbsoQkSgRsoeR2LjlihRANCAARsqk+nEFpTZFo+C2CJhkavcRi6yl2x
        bZJvAELrzsyUyaYrX7QJxXMrcwyYGY2SAf9pUpmZbQkSQ3/MKeKVHLy6
        -----END PRIVATE KEY-----
        """
    /// P-256, as SEC 1.
    static let ecPrivateTraditional = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIEW0KrllaAujKmoF57eoT0KQQwCW7KEJEoEbKHkdi45YoAoGCCqGSM49
        AwEHoUQDQgAEbKpPpxBaU2RaPgtgiYZGr3EYuspdsW2SbwBC687MlMmmK1+0CcVz
        K3MMmBmNkgH/aVKZmW0JEkN/zCnilRy8ug==
        -----END EC PRIVATE KEY-----
        """
    /// Ed25519.
    static let ed25519 = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAM50a79NEXQRTUJiX92bqA4c9gJ0ntwoopn8Sjn4hsMw=
        -----END PUBLIC KEY-----
        """
}
