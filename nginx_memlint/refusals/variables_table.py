"""Variables that nginx's modules have, from its sources.

Made by ``python -m tests.nginx.variable_tables``; not to be edited.
"""

from __future__ import annotations

# fmt: off

ROWS: tuple[tuple[str, tuple[int, ...], str, str], ...] = (
    (
        "http", (1, 10, 0), "",
        "ancient_browser args connections_active connections_reading connections_waiting "
        "connections_writing date_gmt date_local fastcgi_path_info fastcgi_script_name "
        "geoip_area_code geoip_city geoip_city_continent_code geoip_city_country_code "
        "geoip_city_country_code3 geoip_city_country_name geoip_country_code "
        "geoip_country_code3 geoip_country_name geoip_dma_code geoip_latitude geoip_longitude "
        "geoip_org geoip_postal_code geoip_region geoip_region_name gzip_ratio http2 http_via "
        "http_x_forwarded_for limit_rate modern_browser msie proxy_add_via "
        "proxy_add_x_forwarded_for proxy_host proxy_internal_body_length "
        "proxy_internal_chunked proxy_port realip_remote_addr secure_link secure_link_expires "
        "slice_range ssl_cipher ssl_client_cert ssl_client_fingerprint ssl_client_i_dn "
        "ssl_client_raw_cert ssl_client_s_dn ssl_client_serial ssl_client_verify ssl_protocol "
        "ssl_server_name ssl_session_id ssl_session_reused tcpinfo_rcv_space tcpinfo_rtt "
        "tcpinfo_rttvar tcpinfo_snd_cwnd uid_got uid_reset uid_set upstream_cache_etag "
        "upstream_cache_last_modified upstream_cache_status",
    ),
    (
        "http", (1, 10, 0), "fixed",
        "binary_remote_addr body_bytes_sent bytes_sent connection connection_requests "
        "content_length content_type document_root document_uri host hostname http_cookie "
        "http_host http_referer http_user_agent https is_args msec nginx_version pid pipe "
        "proxy_protocol_addr query_string realpath_root remote_addr remote_port remote_user "
        "request request_body request_body_file request_completion request_filename "
        "request_length request_method request_time request_uri scheme "
        "sent_http_cache_control sent_http_connection sent_http_content_length "
        "sent_http_content_type sent_http_keep_alive sent_http_last_modified "
        "sent_http_location sent_http_transfer_encoding server_addr server_name server_port "
        "server_protocol status time_iso8601 time_local upstream_addr upstream_connect_time "
        "upstream_header_time upstream_response_length upstream_response_time upstream_status "
        "uri",
    ),
    (
        "http", (1, 10, 0), "prefix",
        "arg_ cookie_ http_ sent_http_ upstream_cookie_ upstream_http_",
    ),
    (
        "http", (1, 11, 0), "",
        "realip_remote_port",
    ),
    (
        "http", (1, 11, 0), "fixed",
        "proxy_protocol_port request_id",
    ),
    (
        "http", (1, 11, 4), "fixed",
        "upstream_bytes_received",
    ),
    (
        "http", (1, 11, 6), "",
        "ssl_client_i_dn_legacy ssl_client_s_dn_legacy",
    ),
    (
        "http", (1, 11, 7), "",
        "ssl_ciphers ssl_client_v_end ssl_client_v_remain ssl_client_v_start ssl_curves",
    ),
    (
        "http", (1, 13, 2), "prefix",
        "sent_trailer_",
    ),
    (
        "http", (1, 13, 4), "",
        "invalid_referer",
    ),
    (
        "http", (1, 13, 5), "",
        "ssl_client_escaped_cert",
    ),
    (
        "http", (1, 13, 9), "fixed",
        "sent_http_link",
    ),
    (
        "http", (1, 13, 10), "",
        "grpc_internal_trailers",
    ),
    (
        "http", (1, 13, 10), "prefix",
        "upstream_trailer_",
    ),
    (
        "http", (1, 15, 3), "",
        "ssl_early_data",
    ),
    (
        "http", (1, 15, 8), "fixed",
        "upstream_bytes_sent",
    ),
    (
        "http", (1, 17, 6), "",
        "limit_conn_status limit_req_status",
    ),
    (
        "http", (1, 17, 6), "fixed",
        "proxy_protocol_server_addr proxy_protocol_server_port",
    ),
    (
        "http", (1, 19, 10), "fixed",
        "connection_time",
    ),
    (
        "http", (1, 21, 4), "",
        "ssl_alpn_protocol",
    ),
    (
        "http", (1, 21, 5), "",
        "ssl_curve",
    ),
    (
        "http", (1, 23, 2), "prefix",
        "proxy_protocol_tlv_",
    ),
    (
        "http", (1, 25, 0), "",
        "http3",
    ),
    (
        "http", (1, 29, 3), "",
        "ssl_client_sigalg ssl_sigalg",
    ),
    (
        "http", (1, 29, 3), "fixed",
        "is_request_port request_port",
    ),
    (
        "http", (1, 29, 4), "",
        "proxy_internal_connection proxy_internal_host ssl_ech_outer_server_name "
        "ssl_ech_status",
    ),
    (
        "http", (1, 31, 2), "",
        "ssl_sigalgs",
    ),
    (
        "stream", (1, 11, 2), "",
        "ssl_cipher ssl_protocol ssl_server_name ssl_session_id ssl_session_reused",
    ),
    (
        "stream", (1, 11, 2), "fixed",
        "binary_remote_addr bytes_sent connection hostname msec nginx_version pid remote_addr "
        "remote_port server_addr server_port time_iso8601 time_local",
    ),
    (
        "stream", (1, 11, 3), "",
        "geoip_area_code geoip_city geoip_city_continent_code geoip_city_country_code "
        "geoip_city_country_code3 geoip_city_country_name geoip_country_code "
        "geoip_country_code3 geoip_country_name geoip_dma_code geoip_latitude geoip_longitude "
        "geoip_org geoip_postal_code geoip_region geoip_region_name",
    ),
    (
        "stream", (1, 11, 4), "",
        "realip_remote_addr realip_remote_port upstream_addr upstream_bytes_received "
        "upstream_bytes_sent upstream_connect_time upstream_first_byte_time "
        "upstream_session_time",
    ),
    (
        "stream", (1, 11, 4), "fixed",
        "bytes_received protocol proxy_protocol_addr proxy_protocol_port session_time status",
    ),
    (
        "stream", (1, 11, 5), "",
        "ssl_preread_server_name",
    ),
    (
        "stream", (1, 11, 7), "",
        "ssl_ciphers ssl_curves",
    ),
    (
        "stream", (1, 11, 8), "",
        "ssl_client_cert ssl_client_fingerprint ssl_client_i_dn ssl_client_raw_cert "
        "ssl_client_s_dn ssl_client_serial ssl_client_v_end ssl_client_v_remain "
        "ssl_client_v_start ssl_client_verify",
    ),
    (
        "stream", (1, 13, 5), "",
        "ssl_client_escaped_cert",
    ),
    (
        "stream", (1, 13, 10), "",
        "ssl_preread_alpn_protocols",
    ),
    (
        "stream", (1, 15, 2), "",
        "ssl_preread_protocol",
    ),
    (
        "stream", (1, 17, 6), "",
        "limit_conn_status",
    ),
    (
        "stream", (1, 17, 6), "fixed",
        "proxy_protocol_server_addr proxy_protocol_server_port",
    ),
    (
        "stream", (1, 21, 4), "",
        "ssl_alpn_protocol",
    ),
    (
        "stream", (1, 21, 5), "",
        "ssl_curve",
    ),
    (
        "stream", (1, 23, 2), "prefix",
        "proxy_protocol_tlv_",
    ),
    (
        "stream", (1, 25, 5), "fixed",
        "server_name",
    ),
    (
        "stream", (1, 29, 3), "",
        "ssl_client_sigalg ssl_sigalg",
    ),
    (
        "stream", (1, 29, 4), "",
        "ssl_ech_outer_server_name ssl_ech_status",
    ),
    (
        "stream", (1, 31, 2), "",
        "ssl_sigalgs",
    ),
)
"""Outermost block; the release that brought them, the first one that was read for older ones;
``fixed`` if no build of any release since lets a configuration set them, ``prefix`` if all names
that begin so are variables; the names. All modules that nginx comes with are read."""
