// Keys on elliptic curves, made for these tests and used nowhere else.

extension TestKeys {
    /// P-384.
    static let p384 = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEfFumE2LJSubPlC/EYmC5rw14EgFHSnS4
        y5b915NqcFavwzBHeP7xxCr2CK8lFLAOHOJ3sXFKXqdpJL5tXGS9B8rbD5Id89JN
        QTLx+Vx3aj648QHRJScQ0XSbKXPY7WX1
        -----END PUBLIC KEY-----
        """
    /// secp256k1: 256 bits too, and not P-256.
    static let secp256k1 = """
        -----BEGIN PUBLIC KEY-----
        MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEUeRPUBq6+fEyrbulI+jZEw93IpCa+4Wh
        NsqPHAbdecsCExGq+y0JMgIKL1L7jxVavXx2x3o3c76YfKjNGW3OfA==
        -----END PUBLIC KEY-----
        """
    /// P-256 with its parameters spelled out instead of its name.
    static let explicitP256 = """
        -----BEGIN PUBLIC KEY-----
        MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
        AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
        ///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
        NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
        RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
        //////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABOmV1+tVxTsgFdmKo1x6y0VS
        QNVPaCZs0I2MKer9x1w8Wt37o2LWE4gJgoB5XiTwOsfvPQL0QhxTyXoFJGJNWj0=
        -----END PUBLIC KEY-----
        """
    /// The same as a private key.
    static let explicitP256Private = """
        -----BEGIN EC PRIVATE KEY-----
        MIIBaAIBAQQgpGZiY/8HDXQ8kSjMK9g9XiqiqhaAGEbKl++QrF60Je6ggfowgfcC
        AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////
        MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr
        vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE
        axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W
        K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8
        YyVRAgEBoUQDQgAE6ZXX61XFOyAV2YqjXHrLRVJA1U9oJmzQjYwp6v3HXDxa3fuj
        YtYTiAmCgHleJPA6x+89AvRCHFPJegUkYk1aPQ==
        -----END EC PRIVATE KEY-----
        """
    /// What `openssl ecparam -name prime256v1 -genkey` writes.
    static let p256WithParameters = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIF88hSHu705miwCtfqos4yZUhPNTUtcWtZClIs/qX8X4oAoGCCqGSM49
        AwEHoUQDQgAEffa0FdzLYn610sOOEaY0mJR4fVaGPZwQkZlplS06cI9X74wBaCu9
        8/mVID8mjh0YhG6hm0ldPr9EQI79K8pv/Q==
        -----END EC PRIVATE KEY-----
        """
    /// Its public part in a certificate that has expired.
    static let p256Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBbjCCAROgAwIBAgIUFt8GPjqrXM2eRRSVyO2FDtB0/1gwCgYIKoZIzj0EAwIw
        DDEKMAgGA1UEAwwBeDAeFw0yNjExMjcwNTA5MjJaFw0yNjExMjgwNTA5MjJaMAwx
        CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR99rQV3MtifrXS
        w44RpjSYlHh9VoY9nBCRmWmVLTpwj1fvjAFoK73z+ZUgPyaOHRiEbqGbSV0+v0RA
        jv0rym/9o1MwUTAdBgNVHQ4EFgQU4tuol0nyHZCVHNvP/WtHAD8j5YUwHwYDVR0j
        BBgwFoAU4tuol0nyHZCVHNvP/WtHAD8j5YUwDwYDVR0TAQH/BAUwAwEB/zAKBggq
        hkjOPQQDAgNJADBGAiEA//n5sWP7K1pL28LK3/2GSTlcpGw98yOsdyV1xyTB4/oC
        IQDeMvt5esIuY7sYE2VUNnXX6ocUl7LgvOe8F5Km0lJ/BQ==
        -----END CERTIFICATE-----
        """
    /// P-256, with the point compressed.
    static let compressedP256 = """
        -----BEGIN PUBLIC KEY-----
        MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADPzsLAtT3CJM8O9fIpk2A7nAt1G3w
        mWpcn8SScR++ytE=
        -----END PUBLIC KEY-----
        """
    /// An RSA private key of 1024 bits.
    static let rsa1024Private = """
        -----BEGIN RSA PRIVATE KEY-----
        MIICWwIBAAKBgQDp2EeMMXKwqmoKSRdkMh79PM4g8KF02Ol0bUzyP6qUo5uqbcMm
        eM3miMaIs7/0Uq4qh0jOgMk9IVl7Gyb+m9ROgCJw1CHjtGnd6CB+w3aEdTCoYuim
        YRm4u3SrK4WEs/Dn+SfL5/4IRF6JM7L12RJkoA54WimFdVeKEPaUP8Sn3QIDAQAB
        AoGAXSvPVgxdpgZAOdjleQZ/UmbnujgmHGhQnBLwlZTIYnDNlRompy163F+iutTj
        pnVK76b3W0/03mZrQKGQ5+EutVVTHA9ZdKI0yjSEglBqiYRhJhRNE/YGDLdMTYGn
        13dXA6SFH5mvScsaAbhBYEQe0LW1BPazOMnBNChSe2LQ6AECQQD6Jl9zbplbLKxQ
        D08lFvObtxSW5LfYpNSJkwgaXmFMLIbzb9J36wwCImYLfW2B61Y0iuGc9yHiygbE
        R29ztlSDAkEA71BKI1AdNvNYt+xBnA0dkOZWaQEG+SSNAVKH8yPBN6AJORVsljPk
        eHjf1zzSU2WY4qxs5g7JP8nExlg0lpokHwJAA+ebb9LXI/wziGBkzOBp1xFpid1y
        HTiddLRN2ROGE0lSpfQl5edOXa4px54imneQ9esBEJEu/zpGFsRCshyzfwJABYVs
        sHPguKvUmCmzOc5zqCwoQjPr3UOinS0yRcHFa2sdy1tbLfv0gXMIdwbIM3Rcmp4v
        xP8CVZ5qE8llLTRRMQJATghJwH14X0y0tw9e1vxkWNcXZv4Qx+ni6YC1/e5966wz
        e2zxnMmjMpcHJVwzS1AhiYQtuyx+Rr3NBtOiW07hXA==
        -----END RSA PRIVATE KEY-----
        """
}
