"""Which directive nginx allows in which kinds of blocks, from its sources.

Made by ``python -m tests.nginx.command_tables``; not to be edited.
"""

from __future__ import annotations

# fmt: off

RELEASES = {
    "nginx": "release-1.10.0 to release-1.31.4, and 3f6f7824d4e2",
    "lua": "v0.10.7 to v0.10.31, and bbed32a6e500",
    "stream_lua": "v0.0.3 to v0.0.17, and 9344b4d0ca09",
    "njs": "0.1.0 to 1.0.0, and 3e02ae0fae03",
    "angie": "Angie-1.0.0 to Angie-1.12.1, and f8cbca887b5f",
}
"""Component → the tags of the releases that were read, and a later commit."""

ROWS = (
    (
        "nginx", "src/core/nginx.c",
        "main",
        "daemon debug_points env load_module lock_file master_process pid timer_resolution "
        "user worker_cpu_affinity worker_priority worker_processes worker_rlimit_core "
        "worker_rlimit_nofile worker_shutdown_timeout working_directory",
    ),
    (
        "nginx", "src/core/ngx_log.c",
        "main",
        "error_log",
    ),
    (
        "nginx", "src/core/ngx_regex.c",
        "main",
        "pcre_jit",
    ),
    (
        "nginx", "src/core/ngx_thread_pool.c",
        "main",
        "thread_pool",
    ),
    (
        "nginx", "src/event/modules/ngx_devpoll_module.c",
        "events",
        "devpoll_changes devpoll_events",
    ),
    (
        "nginx", "src/event/modules/ngx_epoll_module.c",
        "events",
        "epoll_events worker_aio_requests",
    ),
    (
        "nginx", "src/event/modules/ngx_eventport_module.c",
        "events",
        "eventport_events",
    ),
    (
        "nginx", "src/event/modules/ngx_iocp_module.c",
        "events",
        "acceptex_read iocp_threads post_acceptex",
    ),
    (
        "nginx", "src/event/modules/ngx_kqueue_module.c",
        "events",
        "kqueue_changes kqueue_events",
    ),
    (
        "nginx", "src/event/ngx_event.c",
        "events",
        "accept_mutex accept_mutex_delay debug_connection multi_accept use worker_connections",
    ),
    (
        "nginx", "src/event/ngx_event_openssl.c",
        "main",
        "ssl_engine",
    ),
    (
        "nginx", "src/event/ngx_event_openssl_cache.c",
        "main",
        "ssl_object_cache_inheritable",
    ),
    (
        "nginx", "src/event/quic/ngx_event_quic_bpf.c",
        "main",
        "quic_bpf",
    ),
    (
        "nginx", "src/http/modules/ngx_http_access_module.c",
        "http server location limit_except",
        "allow deny",
    ),
    (
        "nginx", "src/http/modules/ngx_http_addition_filter_module.c",
        "http server location",
        "add_after_body add_before_body addition_types",
    ),
    (
        "nginx", "src/http/modules/ngx_http_auth_basic_module.c",
        "http server location limit_except",
        "auth_basic auth_basic_user_file",
    ),
    (
        "nginx", "src/http/modules/ngx_http_auth_request_module.c",
        "http server location",
        "auth_request auth_request_set",
    ),
    (
        "nginx", "src/http/modules/ngx_http_autoindex_module.c",
        "http server location",
        "autoindex autoindex_exact_size autoindex_format autoindex_localtime",
    ),
    (
        "nginx", "src/http/modules/ngx_http_browser_module.c",
        "http server location",
        "ancient_browser ancient_browser_value modern_browser modern_browser_value",
    ),
    (
        "nginx", "src/http/modules/ngx_http_charset_filter_module.c",
        "http server location",
        "charset_types",
    ),
    (
        "nginx", "src/http/modules/ngx_http_charset_filter_module.c",
        "http server location if",
        "charset override_charset source_charset",
    ),
    (
        "nginx", "src/http/modules/ngx_http_dav_module.c",
        "http server location",
        "create_full_put_path dav_access dav_methods min_delete_depth",
    ),
    (
        "nginx", "src/http/modules/ngx_http_degradation_module.c",
        "http",
        "degradation",
    ),
    (
        "nginx", "src/http/modules/ngx_http_degradation_module.c",
        "http server location",
        "degrade",
    ),
    (
        "nginx", "src/http/modules/ngx_http_empty_gif_module.c",
        "location",
        "empty_gif",
    ),
    (
        "nginx", "src/http/modules/ngx_http_fastcgi_module.c",
        "http",
        "fastcgi_cache_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_fastcgi_module.c",
        "http server location",
        "fastcgi_bind fastcgi_buffer_size fastcgi_buffering fastcgi_buffers "
        "fastcgi_busy_buffers_size fastcgi_cache fastcgi_cache_background_update "
        "fastcgi_cache_bypass fastcgi_cache_key fastcgi_cache_lock fastcgi_cache_lock_age "
        "fastcgi_cache_lock_timeout fastcgi_cache_max_range_offset fastcgi_cache_methods "
        "fastcgi_cache_min_uses fastcgi_cache_revalidate fastcgi_cache_use_stale "
        "fastcgi_cache_valid fastcgi_catch_stderr fastcgi_connect_timeout "
        "fastcgi_force_ranges fastcgi_hide_header fastcgi_ignore_client_abort "
        "fastcgi_ignore_headers fastcgi_index fastcgi_intercept_errors fastcgi_keep_conn "
        "fastcgi_limit_rate fastcgi_max_temp_file_size fastcgi_next_upstream "
        "fastcgi_next_upstream_timeout fastcgi_next_upstream_tries fastcgi_no_cache "
        "fastcgi_param fastcgi_pass_header fastcgi_pass_request_body "
        "fastcgi_pass_request_headers fastcgi_read_timeout fastcgi_request_buffering "
        "fastcgi_send_lowat fastcgi_send_timeout fastcgi_socket_keepalive "
        "fastcgi_socket_rcvbuf fastcgi_socket_sndbuf fastcgi_split_path_info fastcgi_store "
        "fastcgi_store_access fastcgi_temp_file_write_size fastcgi_temp_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_fastcgi_module.c",
        "location if",
        "fastcgi_pass",
    ),
    (
        "nginx", "src/http/modules/ngx_http_flv_module.c",
        "location",
        "flv",
    ),
    (
        "nginx", "src/http/modules/ngx_http_geoip_module.c",
        "http",
        "geoip_city geoip_country geoip_org geoip_proxy geoip_proxy_recursive",
    ),
    (
        "nginx", "src/http/modules/ngx_http_grpc_module.c",
        "http server location",
        "grpc_bind grpc_buffer_size grpc_connect_timeout grpc_hide_header grpc_ignore_headers "
        "grpc_intercept_errors grpc_next_upstream grpc_next_upstream_timeout "
        "grpc_next_upstream_tries grpc_pass_header grpc_read_timeout grpc_send_timeout "
        "grpc_set_header grpc_socket_keepalive grpc_socket_rcvbuf grpc_socket_sndbuf "
        "grpc_ssl_certificate grpc_ssl_certificate_cache grpc_ssl_certificate_key "
        "grpc_ssl_ciphers grpc_ssl_conf_command grpc_ssl_crl grpc_ssl_name "
        "grpc_ssl_password_file grpc_ssl_protocols grpc_ssl_server_name "
        "grpc_ssl_session_reuse grpc_ssl_trusted_certificate grpc_ssl_verify "
        "grpc_ssl_verify_depth",
    ),
    (
        "nginx", "src/http/modules/ngx_http_grpc_module.c",
        "location if",
        "grpc_pass",
    ),
    (
        "nginx", "src/http/modules/ngx_http_gunzip_filter_module.c",
        "http server location",
        "gunzip gunzip_buffers",
    ),
    (
        "nginx", "src/http/modules/ngx_http_gzip_filter_module.c",
        "http server location",
        "gzip_buffers gzip_comp_level gzip_hash gzip_min_length gzip_no_buffer gzip_types "
        "gzip_window postpone_gzipping",
    ),
    (
        "nginx", "src/http/modules/ngx_http_gzip_filter_module.c",
        "http server location if",
        "gzip",
    ),
    (
        "nginx", "src/http/modules/ngx_http_gzip_static_module.c",
        "http server location",
        "gzip_static",
    ),
    (
        "nginx", "src/http/modules/ngx_http_headers_filter_module.c",
        "http server location if",
        "add_header add_header_inherit add_trailer add_trailer_inherit expires",
    ),
    (
        "nginx", "src/http/modules/ngx_http_image_filter_module.c",
        "http server location",
        "image_filter_buffer image_filter_interlace image_filter_jpeg_quality "
        "image_filter_sharpen image_filter_transparency image_filter_webp_quality",
    ),
    (
        "nginx", "src/http/modules/ngx_http_image_filter_module.c",
        "location",
        "image_filter",
    ),
    (
        "nginx", "src/http/modules/ngx_http_index_module.c",
        "http server location",
        "index",
    ),
    (
        "nginx", "src/http/modules/ngx_http_limit_conn_module.c",
        "http",
        "limit_conn_zone",
    ),
    (
        "nginx", "src/http/modules/ngx_http_limit_conn_module.c",
        "http server location",
        "limit_conn limit_conn_dry_run limit_conn_log_level limit_conn_status",
    ),
    (
        "nginx", "src/http/modules/ngx_http_limit_req_module.c",
        "http",
        "limit_req_zone",
    ),
    (
        "nginx", "src/http/modules/ngx_http_limit_req_module.c",
        "http server location",
        "limit_req limit_req_dry_run limit_req_log_level limit_req_status",
    ),
    (
        "nginx", "src/http/modules/ngx_http_log_module.c",
        "http",
        "log_format",
    ),
    (
        "nginx", "src/http/modules/ngx_http_log_module.c",
        "http server location",
        "open_log_file_cache",
    ),
    (
        "nginx", "src/http/modules/ngx_http_log_module.c",
        "http server location if limit_except",
        "access_log",
    ),
    (
        "nginx", "src/http/modules/ngx_http_map_module.c",
        "http",
        "map_hash_bucket_size map_hash_max_size",
    ),
    (
        "nginx", "src/http/modules/ngx_http_memcached_module.c",
        "http server location",
        "memcached_bind memcached_buffer_size memcached_connect_timeout memcached_gzip_flag "
        "memcached_next_upstream memcached_next_upstream_timeout "
        "memcached_next_upstream_tries memcached_read_timeout memcached_send_timeout "
        "memcached_socket_keepalive",
    ),
    (
        "nginx", "src/http/modules/ngx_http_memcached_module.c",
        "location if",
        "memcached_pass",
    ),
    (
        "nginx", "src/http/modules/ngx_http_mirror_module.c",
        "http server location",
        "mirror mirror_request_body",
    ),
    (
        "nginx", "src/http/modules/ngx_http_mp4_module.c",
        "http server location",
        "mp4_buffer_size mp4_max_buffer_size mp4_start_key_frame",
    ),
    (
        "nginx", "src/http/modules/ngx_http_mp4_module.c",
        "location",
        "mp4",
    ),
    (
        "nginx", "src/http/modules/ngx_http_proxy_module.c",
        "http",
        "proxy_cache_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_proxy_module.c",
        "http server location",
        "proxy_bind proxy_buffer_size proxy_buffering proxy_buffers proxy_busy_buffers_size "
        "proxy_cache proxy_cache_background_update proxy_cache_bypass "
        "proxy_cache_convert_head proxy_cache_key proxy_cache_lock proxy_cache_lock_age "
        "proxy_cache_lock_timeout proxy_cache_max_range_offset proxy_cache_methods "
        "proxy_cache_min_uses proxy_cache_revalidate proxy_cache_use_stale proxy_cache_valid "
        "proxy_connect_timeout proxy_cookie_domain proxy_cookie_flags proxy_cookie_path "
        "proxy_force_ranges proxy_headers_hash_bucket_size proxy_headers_hash_max_size "
        "proxy_hide_header proxy_http_version proxy_ignore_client_abort proxy_ignore_headers "
        "proxy_intercept_errors proxy_limit_rate proxy_max_temp_file_size proxy_method "
        "proxy_next_upstream proxy_next_upstream_timeout proxy_next_upstream_tries "
        "proxy_no_cache proxy_pass_header proxy_pass_request_body proxy_pass_request_headers "
        "proxy_pass_trailers proxy_read_timeout proxy_redirect proxy_request_buffering "
        "proxy_send_lowat proxy_send_timeout proxy_set_body proxy_set_header "
        "proxy_socket_keepalive proxy_socket_rcvbuf proxy_socket_sndbuf proxy_ssl_certificate "
        "proxy_ssl_certificate_cache proxy_ssl_certificate_key proxy_ssl_ciphers "
        "proxy_ssl_conf_command proxy_ssl_crl proxy_ssl_name proxy_ssl_password_file "
        "proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_session_reuse "
        "proxy_ssl_trusted_certificate proxy_ssl_verify proxy_ssl_verify_depth proxy_store "
        "proxy_store_access proxy_temp_file_write_size proxy_temp_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_proxy_module.c",
        "location if limit_except",
        "proxy_pass",
    ),
    (
        "nginx", "src/http/modules/ngx_http_random_index_module.c",
        "location",
        "random_index",
    ),
    (
        "nginx", "src/http/modules/ngx_http_realip_module.c",
        "http server location",
        "real_ip_header real_ip_recursive set_real_ip_from",
    ),
    (
        "nginx", "src/http/modules/ngx_http_referer_module.c",
        "server location",
        "referer_hash_bucket_size referer_hash_max_size valid_referers",
    ),
    (
        "nginx", "src/http/modules/ngx_http_rewrite_module.c",
        "http server location server_if if",
        "rewrite_log uninitialized_variable_warn",
    ),
    (
        "nginx", "src/http/modules/ngx_http_rewrite_module.c",
        "server location server_if if",
        "break return rewrite set",
    ),
    (
        "nginx", "src/http/modules/ngx_http_scgi_module.c",
        "http",
        "scgi_cache_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_scgi_module.c",
        "http server location",
        "scgi_bind scgi_buffer_size scgi_buffering scgi_buffers scgi_busy_buffers_size "
        "scgi_cache scgi_cache_background_update scgi_cache_bypass scgi_cache_key "
        "scgi_cache_lock scgi_cache_lock_age scgi_cache_lock_timeout "
        "scgi_cache_max_range_offset scgi_cache_methods scgi_cache_min_uses "
        "scgi_cache_revalidate scgi_cache_use_stale scgi_cache_valid scgi_connect_timeout "
        "scgi_force_ranges scgi_hide_header scgi_ignore_client_abort scgi_ignore_headers "
        "scgi_intercept_errors scgi_limit_rate scgi_max_temp_file_size scgi_next_upstream "
        "scgi_next_upstream_timeout scgi_next_upstream_tries scgi_no_cache scgi_param "
        "scgi_pass_header scgi_pass_request_body scgi_pass_request_headers scgi_read_timeout "
        "scgi_request_buffering scgi_send_timeout scgi_socket_keepalive scgi_socket_rcvbuf "
        "scgi_socket_sndbuf scgi_store scgi_store_access scgi_temp_file_write_size "
        "scgi_temp_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_scgi_module.c",
        "location if",
        "scgi_pass",
    ),
    (
        "nginx", "src/http/modules/ngx_http_secure_link_module.c",
        "http server location",
        "secure_link secure_link_md5 secure_link_secret",
    ),
    (
        "nginx", "src/http/modules/ngx_http_slice_filter_module.c",
        "http server location",
        "slice",
    ),
    (
        "nginx", "src/http/modules/ngx_http_ssi_filter_module.c",
        "http server location",
        "ssi_ignore_recycled_buffers ssi_last_modified ssi_min_file_chunk ssi_silent_errors "
        "ssi_types ssi_value_length",
    ),
    (
        "nginx", "src/http/modules/ngx_http_ssi_filter_module.c",
        "http server location if",
        "ssi",
    ),
    (
        "nginx", "src/http/modules/ngx_http_ssl_module.c",
        "http server",
        "ssl ssl_buffer_size ssl_certificate ssl_certificate_cache "
        "ssl_certificate_compression ssl_certificate_key ssl_ciphers ssl_client_certificate "
        "ssl_conf_command ssl_crl ssl_dhparam ssl_early_data ssl_ecdh_curve ssl_ech_file "
        "ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder ssl_password_file "
        "ssl_prefer_server_ciphers ssl_protocols ssl_reject_handshake ssl_session_cache "
        "ssl_session_ticket_key ssl_session_tickets ssl_session_timeout ssl_stapling "
        "ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate "
        "ssl_verify_client ssl_verify_depth",
    ),
    (
        "nginx", "src/http/modules/ngx_http_stub_status_module.c",
        "server location",
        "stub_status",
    ),
    (
        "nginx", "src/http/modules/ngx_http_sub_filter_module.c",
        "http server location",
        "sub_filter sub_filter_last_modified sub_filter_once sub_filter_types",
    ),
    (
        "nginx", "src/http/modules/ngx_http_tunnel_module.c",
        "http server location",
        "tunnel_bind tunnel_buffer_size tunnel_connect_timeout tunnel_next_upstream "
        "tunnel_next_upstream_timeout tunnel_next_upstream_tries tunnel_read_timeout "
        "tunnel_send_lowat tunnel_send_timeout tunnel_socket_keepalive tunnel_socket_rcvbuf "
        "tunnel_socket_sndbuf",
    ),
    (
        "nginx", "src/http/modules/ngx_http_tunnel_module.c",
        "server location if",
        "tunnel_pass",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_hash_module.c",
        "upstream",
        "hash",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_ip_hash_module.c",
        "upstream",
        "ip_hash",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_keepalive_module.c",
        "upstream",
        "keepalive keepalive_requests keepalive_time keepalive_timeout",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_least_conn_module.c",
        "upstream",
        "least_conn",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_least_time_module.c",
        "upstream",
        "least_time",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_random_module.c",
        "upstream",
        "random",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_sticky_module.c",
        "upstream",
        "sticky",
    ),
    (
        "nginx", "src/http/modules/ngx_http_upstream_zone_module.c",
        "upstream",
        "zone",
    ),
    (
        "nginx", "src/http/modules/ngx_http_userid_filter_module.c",
        "http server location",
        "userid userid_domain userid_expires userid_flags userid_mark userid_name userid_p3p "
        "userid_path userid_service",
    ),
    (
        "nginx", "src/http/modules/ngx_http_uwsgi_module.c",
        "http",
        "uwsgi_cache_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_uwsgi_module.c",
        "http server location",
        "uwsgi_bind uwsgi_buffer_size uwsgi_buffering uwsgi_buffers uwsgi_busy_buffers_size "
        "uwsgi_cache uwsgi_cache_background_update uwsgi_cache_bypass uwsgi_cache_key "
        "uwsgi_cache_lock uwsgi_cache_lock_age uwsgi_cache_lock_timeout "
        "uwsgi_cache_max_range_offset uwsgi_cache_methods uwsgi_cache_min_uses "
        "uwsgi_cache_revalidate uwsgi_cache_use_stale uwsgi_cache_valid uwsgi_connect_timeout "
        "uwsgi_force_ranges uwsgi_hide_header uwsgi_ignore_client_abort uwsgi_ignore_headers "
        "uwsgi_intercept_errors uwsgi_limit_rate uwsgi_max_temp_file_size uwsgi_modifier1 "
        "uwsgi_modifier2 uwsgi_next_upstream uwsgi_next_upstream_timeout "
        "uwsgi_next_upstream_tries uwsgi_no_cache uwsgi_param uwsgi_pass_header "
        "uwsgi_pass_request_body uwsgi_pass_request_headers uwsgi_read_timeout "
        "uwsgi_request_buffering uwsgi_send_timeout uwsgi_socket_keepalive "
        "uwsgi_socket_rcvbuf uwsgi_socket_sndbuf uwsgi_ssl_certificate "
        "uwsgi_ssl_certificate_cache uwsgi_ssl_certificate_key uwsgi_ssl_ciphers "
        "uwsgi_ssl_conf_command uwsgi_ssl_crl uwsgi_ssl_name uwsgi_ssl_password_file "
        "uwsgi_ssl_protocols uwsgi_ssl_server_name uwsgi_ssl_session_reuse "
        "uwsgi_ssl_trusted_certificate uwsgi_ssl_verify uwsgi_ssl_verify_depth uwsgi_store "
        "uwsgi_store_access uwsgi_string uwsgi_temp_file_write_size uwsgi_temp_path",
    ),
    (
        "nginx", "src/http/modules/ngx_http_uwsgi_module.c",
        "location if",
        "uwsgi_pass",
    ),
    (
        "nginx", "src/http/modules/ngx_http_xslt_filter_module.c",
        "http server location",
        "xml_entities xml_external_entities xslt_last_modified xslt_param xslt_string_param "
        "xslt_types",
    ),
    (
        "nginx", "src/http/modules/ngx_http_xslt_filter_module.c",
        "location",
        "xslt_stylesheet",
    ),
    (
        "nginx", "src/http/modules/perl/ngx_http_perl_module.c",
        "http",
        "perl_modules perl_require perl_set",
    ),
    (
        "nginx", "src/http/modules/perl/ngx_http_perl_module.c",
        "location limit_except",
        "perl",
    ),
    (
        "nginx", "src/http/ngx_http_copy_filter_module.c",
        "http server location",
        "output_buffers",
    ),
    (
        "nginx", "src/http/ngx_http_core_module.c",
        "http",
        "server_names_hash_bucket_size server_names_hash_max_size variables_hash_bucket_size "
        "variables_hash_max_size",
    ),
    (
        "nginx", "src/http/ngx_http_core_module.c",
        "http server",
        "client_body_early_read client_header_buffer_size client_header_timeout "
        "connection_pool_size ignore_invalid_headers large_client_header_buffers max_headers "
        "merge_slashes request_pool_size underscores_in_headers",
    ),
    (
        "nginx", "src/http/ngx_http_core_module.c",
        "http server location",
        "absolute_redirect aio aio_write auth_delay chunked_transfer_encoding "
        "client_body_buffer_size client_body_in_file_only client_body_in_single_buffer "
        "client_body_temp_path client_body_timeout client_max_body_size default_type directio "
        "directio_alignment disable_symlinks early_hints error_log etag gzip_disable "
        "gzip_http_version gzip_proxied gzip_vary if_modified_since keepalive_disable "
        "keepalive_min_timeout keepalive_requests keepalive_time keepalive_timeout "
        "lingering_close lingering_time lingering_timeout log_not_found log_subrequest "
        "max_ranges msie_padding msie_refresh open_file_cache open_file_cache_errors "
        "open_file_cache_events open_file_cache_min_uses open_file_cache_valid "
        "port_in_redirect postpone_output read_ahead recursive_error_pages "
        "reset_timedout_connection resolver resolver_timeout satisfy send_lowat send_timeout "
        "sendfile_max_chunk server_name_in_redirect server_tokens "
        "subrequest_output_buffer_size tcp_nodelay tcp_nopush types_hash_bucket_size "
        "types_hash_max_size",
    ),
    (
        "nginx", "src/http/ngx_http_core_module.c",
        "http server location if",
        "error_page limit_rate limit_rate_after post_action root sendfile",
    ),
    (
        "nginx", "src/http/ngx_http_core_module.c",
        "location",
        "alias internal",
    ),
    (
        "nginx", "src/http/ngx_http_core_module.c",
        "server",
        "listen server_name",
    ),
    (
        "nginx", "src/http/ngx_http_core_module.c",
        "server location",
        "try_files",
    ),
    (
        "nginx", "src/http/ngx_http_upstream.c",
        "upstream",
        "resolver resolver_timeout server",
    ),
    (
        "nginx", "src/http/v2/ngx_http_v2_module.c",
        "http",
        "http2_recv_buffer_size spdy_recv_buffer_size",
    ),
    (
        "nginx", "src/http/v2/ngx_http_v2_module.c",
        "http server",
        "http2 http2_body_preread_size http2_idle_timeout http2_max_concurrent_pushes "
        "http2_max_concurrent_streams http2_max_field_size http2_max_header_size "
        "http2_max_requests http2_pool_size http2_recv_timeout http2_streams_index_size "
        "spdy_headers_comp spdy_keepalive_timeout spdy_max_concurrent_streams spdy_pool_size "
        "spdy_recv_timeout spdy_streams_index_size",
    ),
    (
        "nginx", "src/http/v2/ngx_http_v2_module.c",
        "http server location",
        "http2_chunk_size http2_push http2_push_preload spdy_chunk_size",
    ),
    (
        "nginx", "src/http/v3/ngx_http_v3_module.c",
        "http server",
        "http3 http3_hq http3_max_concurrent_streams http3_stream_buffer_size "
        "quic_active_connection_id_limit quic_gso quic_host_key quic_retry",
    ),
    (
        "nginx", "src/mail/ngx_mail_auth_http_module.c",
        "mail mail_server",
        "auth_http auth_http_header auth_http_pass_client_cert auth_http_timeout",
    ),
    (
        "nginx", "src/mail/ngx_mail_core_module.c",
        "mail mail_server",
        "error_log max_errors resolver resolver_timeout server_name timeout",
    ),
    (
        "nginx", "src/mail/ngx_mail_core_module.c",
        "mail_server",
        "listen protocol",
    ),
    (
        "nginx", "src/mail/ngx_mail_imap_module.c",
        "mail mail_server",
        "imap_auth imap_capabilities imap_client_buffer",
    ),
    (
        "nginx", "src/mail/ngx_mail_pop3_module.c",
        "mail mail_server",
        "pop3_auth pop3_capabilities",
    ),
    (
        "nginx", "src/mail/ngx_mail_proxy_module.c",
        "mail mail_server",
        "proxy proxy_buffer proxy_pass_error_message proxy_protocol proxy_smtp_auth "
        "proxy_timeout xclient",
    ),
    (
        "nginx", "src/mail/ngx_mail_realip_module.c",
        "mail mail_server",
        "set_real_ip_from",
    ),
    (
        "nginx", "src/mail/ngx_mail_smtp_module.c",
        "mail mail_server",
        "smtp_auth smtp_capabilities smtp_client_buffer smtp_greeting_delay",
    ),
    (
        "nginx", "src/mail/ngx_mail_ssl_module.c",
        "mail mail_server",
        "ssl ssl_certificate ssl_certificate_compression ssl_certificate_key ssl_ciphers "
        "ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam ssl_ecdh_curve "
        "ssl_password_file ssl_prefer_server_ciphers ssl_protocols ssl_session_cache "
        "ssl_session_ticket_key ssl_session_tickets ssl_session_timeout "
        "ssl_trusted_certificate ssl_verify_client ssl_verify_depth starttls",
    ),
    (
        "nginx", "src/misc/ngx_google_perftools_module.c",
        "main",
        "google_perftools_profiles",
    ),
    (
        "nginx", "src/stream/ngx_stream_access_module.c",
        "stream stream_server",
        "allow deny",
    ),
    (
        "nginx", "src/stream/ngx_stream_core_module.c",
        "stream",
        "server_names_hash_bucket_size server_names_hash_max_size variables_hash_bucket_size "
        "variables_hash_max_size",
    ),
    (
        "nginx", "src/stream/ngx_stream_core_module.c",
        "stream stream_server",
        "error_log preread_buffer_size preread_timeout proxy_protocol_timeout resolver "
        "resolver_timeout tcp_nodelay",
    ),
    (
        "nginx", "src/stream/ngx_stream_core_module.c",
        "stream_server",
        "listen server_name",
    ),
    (
        "nginx", "src/stream/ngx_stream_geoip_module.c",
        "stream",
        "geoip_city geoip_country geoip_org",
    ),
    (
        "nginx", "src/stream/ngx_stream_limit_conn_module.c",
        "stream",
        "limit_conn_zone",
    ),
    (
        "nginx", "src/stream/ngx_stream_limit_conn_module.c",
        "stream stream_server",
        "limit_conn limit_conn_dry_run limit_conn_log_level",
    ),
    (
        "nginx", "src/stream/ngx_stream_log_module.c",
        "stream",
        "log_format",
    ),
    (
        "nginx", "src/stream/ngx_stream_log_module.c",
        "stream stream_server",
        "access_log open_log_file_cache",
    ),
    (
        "nginx", "src/stream/ngx_stream_map_module.c",
        "stream",
        "map_hash_bucket_size map_hash_max_size",
    ),
    (
        "nginx", "src/stream/ngx_stream_pass_module.c",
        "stream_server",
        "pass",
    ),
    (
        "nginx", "src/stream/ngx_stream_proxy_module.c",
        "stream stream_server",
        "proxy_bind proxy_buffer_size proxy_connect_timeout proxy_download_rate "
        "proxy_downstream_buffer proxy_half_close proxy_next_upstream "
        "proxy_next_upstream_timeout proxy_next_upstream_tries proxy_protocol proxy_requests "
        "proxy_responses proxy_socket_keepalive proxy_socket_rcvbuf proxy_socket_sndbuf "
        "proxy_ssl proxy_ssl_alpn proxy_ssl_certificate proxy_ssl_certificate_cache "
        "proxy_ssl_certificate_key proxy_ssl_ciphers proxy_ssl_conf_command proxy_ssl_crl "
        "proxy_ssl_name proxy_ssl_password_file proxy_ssl_protocols proxy_ssl_server_name "
        "proxy_ssl_session_reuse proxy_ssl_trusted_certificate proxy_ssl_verify "
        "proxy_ssl_verify_depth proxy_timeout proxy_upload_rate proxy_upstream_buffer",
    ),
    (
        "nginx", "src/stream/ngx_stream_proxy_module.c",
        "stream_server",
        "proxy_pass",
    ),
    (
        "nginx", "src/stream/ngx_stream_realip_module.c",
        "stream stream_server",
        "set_real_ip_from",
    ),
    (
        "nginx", "src/stream/ngx_stream_return_module.c",
        "stream_server",
        "return",
    ),
    (
        "nginx", "src/stream/ngx_stream_set_module.c",
        "stream_server",
        "set",
    ),
    (
        "nginx", "src/stream/ngx_stream_ssl_module.c",
        "stream stream_server",
        "ssl_alpn ssl_certificate ssl_certificate_cache ssl_certificate_compression "
        "ssl_certificate_key ssl_ciphers ssl_client_certificate ssl_conf_command ssl_crl "
        "ssl_dhparam ssl_ecdh_curve ssl_ech_file ssl_handshake_timeout ssl_ocsp "
        "ssl_ocsp_cache ssl_ocsp_responder ssl_password_file ssl_prefer_server_ciphers "
        "ssl_protocols ssl_reject_handshake ssl_session_cache ssl_session_ticket_key "
        "ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_file "
        "ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate ssl_verify_client "
        "ssl_verify_depth",
    ),
    (
        "nginx", "src/stream/ngx_stream_ssl_preread_module.c",
        "stream stream_server",
        "ssl_preread",
    ),
    (
        "nginx", "src/stream/ngx_stream_upstream.c",
        "stream_upstream",
        "resolver resolver_timeout server",
    ),
    (
        "nginx", "src/stream/ngx_stream_upstream_hash_module.c",
        "stream_upstream",
        "hash",
    ),
    (
        "nginx", "src/stream/ngx_stream_upstream_least_conn_module.c",
        "stream_upstream",
        "least_conn",
    ),
    (
        "nginx", "src/stream/ngx_stream_upstream_least_time_module.c",
        "stream_upstream",
        "least_time",
    ),
    (
        "nginx", "src/stream/ngx_stream_upstream_random_module.c",
        "stream_upstream",
        "random",
    ),
    (
        "nginx", "src/stream/ngx_stream_upstream_zone_module.c",
        "stream_upstream",
        "zone",
    ),
    (
        "lua", "src/ngx_http_lua_module.c",
        "http",
        "access_by_lua_no_postpone exit_worker_by_lua_block exit_worker_by_lua_file "
        "init_by_lua init_by_lua_block init_by_lua_file init_worker_by_lua "
        "init_worker_by_lua_block init_worker_by_lua_file lua_capture_error_log "
        "lua_load_resty_core lua_malloc_trim lua_max_pending_timers lua_max_running_timers "
        "lua_package_cpath lua_package_path lua_regex_cache_max_entries lua_regex_match_limit "
        "lua_sa_restart lua_shared_dict lua_thread_cache_max_entries "
        "lua_worker_thread_vm_pool_size precontent_by_lua_no_postpone "
        "rewrite_by_lua_no_postpone ssl_session_fetch_by_lua_block "
        "ssl_session_fetch_by_lua_file ssl_session_store_by_lua_block "
        "ssl_session_store_by_lua_file",
    ),
    (
        "lua", "src/ngx_http_lua_module.c",
        "http server",
        "server_rewrite_by_lua_block server_rewrite_by_lua_file ssl_certificate_by_lua_block "
        "ssl_certificate_by_lua_file ssl_client_hello_by_lua_block "
        "ssl_client_hello_by_lua_file",
    ),
    (
        "lua", "src/ngx_http_lua_module.c",
        "http server location",
        "lua_ssl_certificate lua_ssl_certificate_key lua_ssl_ciphers lua_ssl_conf_command "
        "lua_ssl_crl lua_ssl_key_log lua_ssl_protocols lua_ssl_trusted_certificate "
        "lua_ssl_verify_depth",
    ),
    (
        "lua", "src/ngx_http_lua_module.c",
        "http server location if",
        "access_by_lua access_by_lua_block access_by_lua_file body_filter_by_lua "
        "body_filter_by_lua_block body_filter_by_lua_file header_filter_by_lua "
        "header_filter_by_lua_block header_filter_by_lua_file log_by_lua log_by_lua_block "
        "log_by_lua_file lua_check_client_abort lua_code_cache lua_http10_buffering "
        "lua_need_request_body lua_socket_buffer_size lua_socket_connect_timeout "
        "lua_socket_keepalive_timeout lua_socket_log_errors lua_socket_pool_size "
        "lua_socket_read_timeout lua_socket_send_lowat lua_socket_send_timeout "
        "lua_transform_underscores_in_response_headers lua_use_default_type "
        "precontent_by_lua_block precontent_by_lua_file rewrite_by_lua rewrite_by_lua_block "
        "rewrite_by_lua_file",
    ),
    (
        "lua", "src/ngx_http_lua_module.c",
        "location if",
        "content_by_lua content_by_lua_block content_by_lua_file "
        "lua_upstream_skip_openssl_default_verify proxy_ssl_certificate_by_lua_block "
        "proxy_ssl_certificate_by_lua_file proxy_ssl_verify_by_lua_block "
        "proxy_ssl_verify_by_lua_file",
    ),
    (
        "lua", "src/ngx_http_lua_module.c",
        "server location server_if if",
        "set_by_lua set_by_lua_block set_by_lua_file",
    ),
    (
        "lua", "src/ngx_http_lua_module.c",
        "upstream",
        "balancer_by_lua_block balancer_by_lua_file balancer_keepalive",
    ),
    (
        "lua", "t/data/fake-shm-module/ngx_http_lua_fake_shm_module.c",
        "http",
        "lua_fake_shm",
    ),
    (
        "stream_lua", "src/ngx_stream_lua_module.c",
        "stream",
        "init_by_lua init_by_lua_block init_by_lua_file init_worker_by_lua "
        "init_worker_by_lua_block init_worker_by_lua_file lua_add_variable "
        "lua_capture_error_log lua_load_resty_core lua_malloc_trim lua_max_pending_timers "
        "lua_max_running_timers lua_package_cpath lua_package_path "
        "lua_regex_cache_max_entries lua_regex_match_limit lua_sa_restart lua_shared_dict "
        "preread_by_lua_no_postpone",
    ),
    (
        "stream_lua", "src/ngx_stream_lua_module.c",
        "stream stream_server",
        "log_by_lua_block log_by_lua_file lua_check_client_abort lua_code_cache "
        "lua_socket_buffer_size lua_socket_connect_timeout lua_socket_keepalive_timeout "
        "lua_socket_log_errors lua_socket_pool_size lua_socket_read_timeout "
        "lua_socket_send_lowat lua_socket_send_timeout lua_ssl_certificate "
        "lua_ssl_certificate_key lua_ssl_ciphers lua_ssl_conf_command lua_ssl_crl "
        "lua_ssl_key_log lua_ssl_protocols lua_ssl_trusted_certificate lua_ssl_verify_depth "
        "preread_by_lua_block preread_by_lua_file ssl_certificate_by_lua_block "
        "ssl_certificate_by_lua_file ssl_client_hello_by_lua_block "
        "ssl_client_hello_by_lua_file",
    ),
    (
        "stream_lua", "src/ngx_stream_lua_module.c",
        "stream_server",
        "content_by_lua content_by_lua_block content_by_lua_file "
        "lua_upstream_skip_openssl_default_verify proxy_ssl_certificate_by_lua_block "
        "proxy_ssl_certificate_by_lua_file proxy_ssl_verify_by_lua_block "
        "proxy_ssl_verify_by_lua_file",
    ),
    (
        "stream_lua", "src/ngx_stream_lua_module.c",
        "stream_upstream",
        "balancer_by_lua_block balancer_by_lua_file",
    ),
    (
        "njs", "nginx/ngx_http_js_module.c",
        "http",
        "js_shared_dict_zone",
    ),
    (
        "njs", "nginx/ngx_http_js_module.c",
        "http server location",
        "js_context_reuse js_context_reuse_max_size js_engine js_fetch_buffer_size "
        "js_fetch_ciphers js_fetch_keepalive js_fetch_keepalive_requests "
        "js_fetch_keepalive_time js_fetch_keepalive_timeout js_fetch_max_response_buffer_size "
        "js_fetch_protocols js_fetch_proxy js_fetch_timeout js_fetch_trusted_certificate "
        "js_fetch_verify js_fetch_verify_depth js_import js_include js_path js_preload_object "
        "js_set js_var",
    ),
    (
        "njs", "nginx/ngx_http_js_module.c",
        "location",
        "js_periodic",
    ),
    (
        "njs", "nginx/ngx_http_js_module.c",
        "location if limit_except",
        "js_access js_body_filter js_content js_header_filter",
    ),
    (
        "njs", "nginx/ngx_http_js_module.c",
        "main",
        "js_load_http_native_module",
    ),
    (
        "njs", "nginx/ngx_stream_js_module.c",
        "main",
        "js_load_stream_native_module",
    ),
    (
        "njs", "nginx/ngx_stream_js_module.c",
        "stream",
        "js_shared_dict_zone",
    ),
    (
        "njs", "nginx/ngx_stream_js_module.c",
        "stream stream_server",
        "js_access js_context_reuse js_context_reuse_max_size js_engine js_fetch_buffer_size "
        "js_fetch_ciphers js_fetch_keepalive js_fetch_keepalive_requests "
        "js_fetch_keepalive_time js_fetch_keepalive_timeout js_fetch_max_response_buffer_size "
        "js_fetch_protocols js_fetch_proxy js_fetch_timeout js_fetch_trusted_certificate "
        "js_fetch_verify js_fetch_verify_depth js_filter js_import js_include js_path "
        "js_preload_object js_preread js_set js_var",
    ),
    (
        "njs", "nginx/ngx_stream_js_module.c",
        "stream_server",
        "js_periodic",
    ),
    (
        "angie", "src/http/modules/ngx_http_proxy_module.c",
        "if limit_except",
        "proxy_http_version",
    ),
    (
        "angie", "src/stream/ngx_stream_ssl_module.c",
        "stream stream_server",
        "ssl_early_data",
    ),
    (
        "angie", "src/stream/ngx_stream_upstream_sticky_module.c",
        "stream_upstream",
        "sticky",
    ),
)
"""Component, file with the command table, kinds of blocks, directives."""

TAKES = (
    (
        "0",
        "break empty_gif flv internal ip_hash least_conn mp4",
    ),
    (
        "0 1",
        "slice stub_status tunnel_pass",
    ),
    (
        "0 1 2",
        "random",
    ),
    (
        "1",
        "absolute_redirect accept_mutex accept_mutex_delay acceptex_read access_by_lua "
        "access_by_lua_block access_by_lua_file access_by_lua_no_postpone add_after_body "
        "add_before_body add_header_inherit add_trailer_inherit aio aio_write alias allow "
        "ancient_browser_value auth_basic auth_basic_user_file auth_delay auth_http "
        "auth_http_pass_client_cert auth_http_timeout auth_request autoindex "
        "autoindex_exact_size autoindex_format autoindex_localtime balancer_by_lua_block "
        "balancer_by_lua_file balancer_keepalive body_filter_by_lua body_filter_by_lua_block "
        "body_filter_by_lua_file charset chunked_transfer_encoding client_body_buffer_size "
        "client_body_in_file_only client_body_in_single_buffer client_body_timeout "
        "client_header_buffer_size client_header_timeout client_max_body_size "
        "connection_pool_size content_by_lua content_by_lua_block content_by_lua_file "
        "create_full_put_path daemon debug_connection debug_points default_type degradation "
        "degrade deny devpoll_changes devpoll_events directio directio_alignment env "
        "epoll_events etag eventport_events exit_worker_by_lua_block exit_worker_by_lua_file "
        "fastcgi_buffer_size fastcgi_buffering fastcgi_busy_buffers_size fastcgi_cache "
        "fastcgi_cache_background_update fastcgi_cache_key fastcgi_cache_lock "
        "fastcgi_cache_lock_age fastcgi_cache_lock_timeout fastcgi_cache_max_range_offset "
        "fastcgi_cache_min_uses fastcgi_cache_revalidate fastcgi_catch_stderr "
        "fastcgi_connect_timeout fastcgi_force_ranges fastcgi_hide_header "
        "fastcgi_ignore_client_abort fastcgi_index fastcgi_intercept_errors fastcgi_keep_conn "
        "fastcgi_limit_rate fastcgi_max_temp_file_size fastcgi_next_upstream_timeout "
        "fastcgi_next_upstream_tries fastcgi_pass fastcgi_pass_header "
        "fastcgi_pass_request_body fastcgi_pass_request_headers fastcgi_read_timeout "
        "fastcgi_request_buffering fastcgi_send_lowat fastcgi_send_timeout "
        "fastcgi_socket_keepalive fastcgi_socket_rcvbuf fastcgi_socket_sndbuf "
        "fastcgi_split_path_info fastcgi_store fastcgi_temp_file_write_size geoip_proxy "
        "geoip_proxy_recursive google_perftools_profiles grpc_buffer_size "
        "grpc_connect_timeout grpc_hide_header grpc_intercept_errors "
        "grpc_next_upstream_timeout grpc_next_upstream_tries grpc_pass grpc_pass_header "
        "grpc_read_timeout grpc_send_timeout grpc_socket_keepalive grpc_socket_rcvbuf "
        "grpc_socket_sndbuf grpc_ssl_certificate grpc_ssl_certificate_key grpc_ssl_ciphers "
        "grpc_ssl_crl grpc_ssl_name grpc_ssl_password_file grpc_ssl_server_name "
        "grpc_ssl_session_reuse grpc_ssl_trusted_certificate grpc_ssl_verify "
        "grpc_ssl_verify_depth gunzip gzip gzip_comp_level gzip_hash gzip_http_version "
        "gzip_min_length gzip_no_buffer gzip_static gzip_vary gzip_window "
        "header_filter_by_lua header_filter_by_lua_block header_filter_by_lua_file http2 "
        "http2_body_preread_size http2_chunk_size http2_idle_timeout "
        "http2_max_concurrent_pushes http2_max_concurrent_streams http2_max_field_size "
        "http2_max_header_size http2_max_requests http2_pool_size http2_push "
        "http2_push_preload http2_recv_buffer_size http2_recv_timeout "
        "http2_streams_index_size http3 http3_hq http3_max_concurrent_streams "
        "http3_stream_buffer_size if_modified_since ignore_invalid_headers "
        "image_filter_buffer image_filter_interlace image_filter_jpeg_quality "
        "image_filter_sharpen image_filter_transparency image_filter_webp_quality "
        "imap_client_buffer init_by_lua init_by_lua_block init_by_lua_file init_worker_by_lua "
        "init_worker_by_lua_block init_worker_by_lua_file iocp_threads js_access js_content "
        "js_context_reuse js_context_reuse_max_size js_fetch_buffer_size js_fetch_ciphers "
        "js_fetch_keepalive js_fetch_keepalive_requests js_fetch_keepalive_time "
        "js_fetch_keepalive_timeout js_fetch_max_response_buffer_size js_fetch_proxy "
        "js_fetch_timeout js_fetch_trusted_certificate js_fetch_verify js_fetch_verify_depth "
        "js_filter js_header_filter js_include js_path js_preread keepalive_min_timeout "
        "keepalive_requests keepalive_time kqueue_changes kqueue_events limit_conn_dry_run "
        "limit_conn_log_level limit_conn_status limit_rate limit_rate_after limit_req_dry_run "
        "limit_req_log_level limit_req_status lingering_close lingering_time "
        "lingering_timeout load_module lock_file log_by_lua log_by_lua_block log_by_lua_file "
        "log_not_found log_subrequest lua_add_variable lua_capture_error_log "
        "lua_check_client_abort lua_code_cache lua_http10_buffering lua_load_resty_core "
        "lua_malloc_trim lua_max_pending_timers lua_max_running_timers lua_need_request_body "
        "lua_package_cpath lua_package_path lua_regex_cache_max_entries lua_regex_match_limit "
        "lua_sa_restart lua_socket_buffer_size lua_socket_connect_timeout "
        "lua_socket_keepalive_timeout lua_socket_log_errors lua_socket_pool_size "
        "lua_socket_read_timeout lua_socket_send_lowat lua_socket_send_timeout "
        "lua_ssl_certificate lua_ssl_certificate_key lua_ssl_ciphers lua_ssl_crl "
        "lua_ssl_key_log lua_ssl_trusted_certificate lua_ssl_verify_depth "
        "lua_thread_cache_max_entries lua_transform_underscores_in_response_headers "
        "lua_upstream_skip_openssl_default_verify lua_use_default_type "
        "lua_worker_thread_vm_pool_size map_hash_bucket_size map_hash_max_size master_process "
        "max_errors max_headers max_ranges memcached_buffer_size memcached_connect_timeout "
        "memcached_gzip_flag memcached_next_upstream_timeout memcached_next_upstream_tries "
        "memcached_pass memcached_read_timeout memcached_send_timeout "
        "memcached_socket_keepalive merge_slashes min_delete_depth mirror mirror_request_body "
        "modern_browser_value mp4_buffer_size mp4_max_buffer_size mp4_start_key_frame "
        "msie_padding msie_refresh multi_accept open_file_cache_errors open_file_cache_events "
        "open_file_cache_min_uses open_file_cache_valid override_charset pass pcre_jit perl "
        "perl_modules perl_require pid port_in_redirect post_acceptex post_action "
        "postpone_gzipping postpone_output precontent_by_lua_block precontent_by_lua_file "
        "precontent_by_lua_no_postpone preread_buffer_size preread_by_lua_block "
        "preread_by_lua_file preread_by_lua_no_postpone preread_timeout protocol proxy "
        "proxy_buffer proxy_buffer_size proxy_buffering proxy_busy_buffers_size proxy_cache "
        "proxy_cache_background_update proxy_cache_convert_head proxy_cache_key "
        "proxy_cache_lock proxy_cache_lock_age proxy_cache_lock_timeout "
        "proxy_cache_max_range_offset proxy_cache_min_uses proxy_cache_revalidate "
        "proxy_connect_timeout proxy_download_rate proxy_downstream_buffer proxy_force_ranges "
        "proxy_half_close proxy_headers_hash_bucket_size proxy_headers_hash_max_size "
        "proxy_hide_header proxy_http_version proxy_ignore_client_abort "
        "proxy_intercept_errors proxy_limit_rate proxy_max_temp_file_size proxy_method "
        "proxy_next_upstream_timeout proxy_next_upstream_tries proxy_pass "
        "proxy_pass_error_message proxy_pass_header proxy_pass_request_body "
        "proxy_pass_request_headers proxy_pass_trailers proxy_protocol proxy_protocol_timeout "
        "proxy_read_timeout proxy_request_buffering proxy_requests proxy_responses "
        "proxy_send_lowat proxy_send_timeout proxy_set_body proxy_smtp_auth "
        "proxy_socket_keepalive proxy_socket_rcvbuf proxy_socket_sndbuf proxy_ssl "
        "proxy_ssl_certificate_by_lua_block proxy_ssl_certificate_by_lua_file "
        "proxy_ssl_ciphers proxy_ssl_crl proxy_ssl_name proxy_ssl_password_file "
        "proxy_ssl_server_name proxy_ssl_session_reuse proxy_ssl_trusted_certificate "
        "proxy_ssl_verify proxy_ssl_verify_by_lua_block proxy_ssl_verify_by_lua_file "
        "proxy_ssl_verify_depth proxy_store proxy_temp_file_write_size proxy_timeout "
        "proxy_upload_rate proxy_upstream_buffer quic_active_connection_id_limit quic_bpf "
        "quic_gso quic_host_key quic_retry random_index read_ahead real_ip_header "
        "real_ip_recursive recursive_error_pages referer_hash_bucket_size "
        "referer_hash_max_size request_pool_size reset_timedout_connection resolver_timeout "
        "rewrite_by_lua rewrite_by_lua_block rewrite_by_lua_file rewrite_by_lua_no_postpone "
        "rewrite_log root satisfy scgi_buffer_size scgi_buffering scgi_busy_buffers_size "
        "scgi_cache scgi_cache_background_update scgi_cache_key scgi_cache_lock "
        "scgi_cache_lock_age scgi_cache_lock_timeout scgi_cache_max_range_offset "
        "scgi_cache_min_uses scgi_cache_revalidate scgi_connect_timeout scgi_force_ranges "
        "scgi_hide_header scgi_ignore_client_abort scgi_intercept_errors scgi_limit_rate "
        "scgi_max_temp_file_size scgi_next_upstream_timeout scgi_next_upstream_tries "
        "scgi_pass scgi_pass_header scgi_pass_request_body scgi_pass_request_headers "
        "scgi_read_timeout scgi_request_buffering scgi_send_timeout scgi_socket_keepalive "
        "scgi_socket_rcvbuf scgi_socket_sndbuf scgi_store scgi_temp_file_write_size "
        "secure_link secure_link_md5 secure_link_secret send_lowat send_timeout sendfile "
        "sendfile_max_chunk server_name_in_redirect server_names_hash_bucket_size "
        "server_names_hash_max_size server_rewrite_by_lua_block server_rewrite_by_lua_file "
        "server_tokens set_real_ip_from smtp_client_buffer smtp_greeting_delay source_charset "
        "spdy_chunk_size spdy_headers_comp spdy_keepalive_timeout spdy_max_concurrent_streams "
        "spdy_pool_size spdy_recv_buffer_size spdy_recv_timeout spdy_streams_index_size ssi "
        "ssi_ignore_recycled_buffers ssi_last_modified ssi_min_file_chunk ssi_silent_errors "
        "ssi_value_length ssl ssl_buffer_size ssl_certificate_by_lua_block "
        "ssl_certificate_by_lua_file ssl_certificate_compression ssl_ciphers "
        "ssl_client_certificate ssl_client_hello_by_lua_block ssl_client_hello_by_lua_file "
        "ssl_crl ssl_dhparam ssl_early_data ssl_ecdh_curve ssl_ech_file ssl_engine "
        "ssl_handshake_timeout ssl_object_cache_inheritable ssl_ocsp ssl_ocsp_cache "
        "ssl_ocsp_responder ssl_password_file ssl_prefer_server_ciphers ssl_preread "
        "ssl_reject_handshake ssl_session_fetch_by_lua_block ssl_session_fetch_by_lua_file "
        "ssl_session_store_by_lua_block ssl_session_store_by_lua_file ssl_session_ticket_key "
        "ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_file "
        "ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate ssl_verify_client "
        "starttls sub_filter_last_modified sub_filter_once subrequest_output_buffer_size "
        "tcp_nodelay tcp_nopush timeout timer_resolution tunnel_buffer_size "
        "tunnel_connect_timeout tunnel_next_upstream_timeout tunnel_next_upstream_tries "
        "tunnel_read_timeout tunnel_send_lowat tunnel_send_timeout tunnel_socket_keepalive "
        "tunnel_socket_rcvbuf tunnel_socket_sndbuf types_hash_bucket_size types_hash_max_size "
        "underscores_in_headers uninitialized_variable_warn use userid userid_domain "
        "userid_expires userid_mark userid_name userid_p3p userid_path userid_service "
        "uwsgi_buffer_size uwsgi_buffering uwsgi_busy_buffers_size uwsgi_cache "
        "uwsgi_cache_background_update uwsgi_cache_key uwsgi_cache_lock uwsgi_cache_lock_age "
        "uwsgi_cache_lock_timeout uwsgi_cache_max_range_offset uwsgi_cache_min_uses "
        "uwsgi_cache_revalidate uwsgi_connect_timeout uwsgi_force_ranges uwsgi_hide_header "
        "uwsgi_ignore_client_abort uwsgi_intercept_errors uwsgi_limit_rate "
        "uwsgi_max_temp_file_size uwsgi_modifier1 uwsgi_modifier2 uwsgi_next_upstream_timeout "
        "uwsgi_next_upstream_tries uwsgi_pass uwsgi_pass_header uwsgi_pass_request_body "
        "uwsgi_pass_request_headers uwsgi_read_timeout uwsgi_request_buffering "
        "uwsgi_send_timeout uwsgi_socket_keepalive uwsgi_socket_rcvbuf uwsgi_socket_sndbuf "
        "uwsgi_ssl_certificate uwsgi_ssl_certificate_key uwsgi_ssl_ciphers uwsgi_ssl_crl "
        "uwsgi_ssl_name uwsgi_ssl_password_file uwsgi_ssl_server_name uwsgi_ssl_session_reuse "
        "uwsgi_ssl_trusted_certificate uwsgi_ssl_verify uwsgi_ssl_verify_depth uwsgi_store "
        "uwsgi_string uwsgi_temp_file_write_size variables_hash_bucket_size "
        "variables_hash_max_size worker_aio_requests worker_connections worker_priority "
        "worker_processes worker_rlimit_core worker_rlimit_nofile worker_shutdown_timeout "
        "working_directory xclient xml_entities xml_external_entities xslt_last_modified",
    ),
    (
        "1 2",
        "disable_symlinks expires fastcgi_bind geoip_city geoip_country geoip_org grpc_bind "
        "hash js_body_filter js_var keepalive_disable keepalive_timeout memcached_bind "
        "modern_browser open_file_cache proxy_bind proxy_cookie_domain proxy_cookie_path "
        "proxy_redirect proxy_ssl_certificate proxy_ssl_certificate_key return scgi_bind "
        "ssl_certificate ssl_certificate_key ssl_session_cache tunnel_bind user uwsgi_bind "
        "zone",
    ),
    (
        "1 2 3",
        "dav_access fastcgi_store_access grpc_ssl_certificate_cache image_filter "
        "proxy_ssl_certificate_cache proxy_store_access scgi_store_access "
        "ssl_certificate_cache userid_flags uwsgi_ssl_certificate_cache uwsgi_store_access",
    ),
    (
        "1 2 3 4",
        "client_body_temp_path fastcgi_temp_path limit_req open_log_file_cache "
        "proxy_cookie_flags proxy_temp_path scgi_temp_path uwsgi_temp_path",
    ),
    (
        "1 3",
        "js_import js_load_http_native_module js_load_stream_native_module js_preload_object",
    ),
    (
        "1+",
        "access_log addition_types ancient_browser charset_types client_body_early_read "
        "dav_methods early_hints error_log error_page fastcgi_cache_bypass "
        "fastcgi_cache_methods fastcgi_cache_use_stale fastcgi_cache_valid "
        "fastcgi_ignore_headers fastcgi_next_upstream fastcgi_no_cache grpc_ignore_headers "
        "grpc_next_upstream grpc_ssl_protocols gzip_disable gzip_proxied gzip_types imap_auth "
        "imap_capabilities index js_engine js_fetch_protocols js_shared_dict_zone keepalive "
        "least_time listen lua_ssl_protocols memcached_next_upstream pop3_auth "
        "pop3_capabilities proxy_cache_bypass proxy_cache_methods proxy_cache_use_stale "
        "proxy_cache_valid proxy_ignore_headers proxy_next_upstream proxy_no_cache "
        "proxy_ssl_alpn proxy_ssl_protocols resolver scgi_cache_bypass scgi_cache_methods "
        "scgi_cache_use_stale scgi_cache_valid scgi_ignore_headers scgi_next_upstream "
        "scgi_no_cache server server_name smtp_auth smtp_capabilities ssi_types ssl_alpn "
        "ssl_protocols ssl_verify_depth sub_filter_types tunnel_next_upstream "
        "uwsgi_cache_bypass uwsgi_cache_methods uwsgi_cache_use_stale uwsgi_cache_valid "
        "uwsgi_ignore_headers uwsgi_next_upstream uwsgi_no_cache uwsgi_ssl_protocols "
        "valid_referers worker_cpu_affinity xslt_stylesheet xslt_types",
    ),
    (
        "2",
        "auth_http_header auth_request_set fastcgi_buffers grpc_set_header "
        "grpc_ssl_conf_command gunzip_buffers gzip_buffers large_client_header_buffers "
        "limit_conn limit_conn_zone lua_fake_shm lua_shared_dict lua_ssl_conf_command "
        "output_buffers perl_set proxy_buffers proxy_set_header proxy_ssl_conf_command "
        "scgi_buffers set ssl_conf_command sub_filter uwsgi_buffers uwsgi_ssl_conf_command "
        "xslt_param xslt_string_param",
    ),
    (
        "2 3",
        "add_header add_trailer fastcgi_param js_set rewrite scgi_param thread_pool "
        "uwsgi_param",
    ),
    (
        "2+",
        "fastcgi_cache_path limit_req_zone log_format proxy_cache_path scgi_cache_path "
        "set_by_lua set_by_lua_block set_by_lua_file sticky try_files uwsgi_cache_path",
    ),
)
"""Numbers of arguments that nginx takes (``2+``: two or more), in any release of any
component, and the directives; those that take any number are left out. Lua code is one
argument."""

TAKES_PLAIN = (
    (
        "1",
        "proxy_ssl_certificate proxy_ssl_certificate_key slice ssl_certificate "
        "ssl_certificate_key ssl_verify_depth",
    ),
    (
        "1 2",
        "keepalive least_time",
    ),
    (
        "1 2 3",
        "limit_req",
    ),
    (
        "2+",
        "error_page",
    ),
    (
        "3",
        "limit_req_zone",
    ),
)
"""Numbers of arguments of directives of which forks of nginx take more."""

ONCE = (
    "absolute_redirect accept_mutex accept_mutex_delay acceptex_read "
    "access_by_lua_no_postpone add_after_body add_before_body add_header_inherit "
    "add_trailer_inherit aio aio_write alias auth_basic auth_basic_user_file auth_delay "
    "auth_http_pass_client_cert auth_http_timeout auth_request autoindex autoindex_exact_size "
    "autoindex_format autoindex_localtime balancer_keepalive charset "
    "chunked_transfer_encoding client_body_buffer_size client_body_in_file_only "
    "client_body_in_single_buffer client_body_temp_path client_body_timeout "
    "client_header_buffer_size client_header_timeout client_max_body_size "
    "connection_pool_size create_full_put_path daemon dav_access debug_points default_type "
    "degrade devpoll_changes devpoll_events directio directio_alignment disable_symlinks "
    "epoll_events etag eventport_events expires fastcgi_bind fastcgi_buffer_size "
    "fastcgi_buffering fastcgi_buffers fastcgi_busy_buffers_size fastcgi_cache "
    "fastcgi_cache_background_update fastcgi_cache_key fastcgi_cache_lock "
    "fastcgi_cache_lock_age fastcgi_cache_lock_timeout fastcgi_cache_max_range_offset "
    "fastcgi_cache_min_uses fastcgi_cache_revalidate fastcgi_connect_timeout "
    "fastcgi_force_ranges fastcgi_ignore_client_abort fastcgi_index fastcgi_intercept_errors "
    "fastcgi_keep_conn fastcgi_limit_rate fastcgi_max_temp_file_size "
    "fastcgi_next_upstream_timeout fastcgi_next_upstream_tries fastcgi_pass "
    "fastcgi_pass_request_body fastcgi_pass_request_headers fastcgi_read_timeout "
    "fastcgi_request_buffering fastcgi_send_lowat fastcgi_send_timeout "
    "fastcgi_socket_keepalive fastcgi_socket_rcvbuf fastcgi_socket_sndbuf fastcgi_store "
    "fastcgi_store_access fastcgi_temp_file_write_size fastcgi_temp_path geoip_city "
    "geoip_country geoip_org geoip_proxy_recursive google_perftools_profiles grpc_bind "
    "grpc_buffer_size grpc_connect_timeout grpc_intercept_errors grpc_next_upstream_timeout "
    "grpc_next_upstream_tries grpc_pass grpc_read_timeout grpc_send_timeout "
    "grpc_socket_keepalive grpc_socket_rcvbuf grpc_socket_sndbuf grpc_ssl_certificate "
    "grpc_ssl_certificate_cache grpc_ssl_certificate_key grpc_ssl_ciphers grpc_ssl_crl "
    "grpc_ssl_name grpc_ssl_password_file grpc_ssl_server_name grpc_ssl_session_reuse "
    "grpc_ssl_trusted_certificate grpc_ssl_verify grpc_ssl_verify_depth gunzip gunzip_buffers "
    "gzip gzip_buffers gzip_comp_level gzip_hash gzip_http_version gzip_min_length "
    "gzip_no_buffer gzip_static gzip_vary gzip_window http2 http2_body_preread_size "
    "http2_chunk_size http2_max_concurrent_streams http2_pool_size http2_recv_buffer_size "
    "http2_streams_index_size http3 http3_hq http3_max_concurrent_streams "
    "http3_stream_buffer_size if_modified_since ignore_invalid_headers image_filter_buffer "
    "image_filter_interlace image_filter_transparency imap_client_buffer internal "
    "iocp_threads js_access js_body_filter js_content js_context_reuse "
    "js_context_reuse_max_size js_engine js_fetch_buffer_size js_fetch_ciphers "
    "js_fetch_keepalive js_fetch_keepalive_requests js_fetch_keepalive_time "
    "js_fetch_keepalive_timeout js_fetch_max_response_buffer_size js_fetch_timeout "
    "js_fetch_trusted_certificate js_fetch_verify js_fetch_verify_depth js_filter "
    "js_header_filter js_preread keepalive keepalive_min_timeout keepalive_requests "
    "keepalive_time keepalive_timeout kqueue_changes kqueue_events "
    "large_client_header_buffers limit_conn_dry_run limit_conn_log_level limit_conn_status "
    "limit_rate limit_rate_after limit_req_dry_run limit_req_log_level limit_req_status "
    "lingering_close lingering_time lingering_timeout lock_file log_not_found log_subrequest "
    "lua_capture_error_log lua_check_client_abort lua_code_cache lua_http10_buffering "
    "lua_max_pending_timers lua_max_running_timers lua_need_request_body lua_package_cpath "
    "lua_package_path lua_sa_restart lua_socket_buffer_size lua_socket_connect_timeout "
    "lua_socket_keepalive_timeout lua_socket_log_errors lua_socket_pool_size "
    "lua_socket_read_timeout lua_socket_send_lowat lua_socket_send_timeout lua_ssl_ciphers "
    "lua_ssl_crl lua_ssl_key_log lua_ssl_trusted_certificate lua_ssl_verify_depth "
    "lua_thread_cache_max_entries lua_transform_underscores_in_response_headers "
    "lua_upstream_skip_openssl_default_verify lua_use_default_type "
    "lua_worker_thread_vm_pool_size map_hash_bucket_size map_hash_max_size master_process "
    "max_errors max_headers max_ranges memcached_bind memcached_buffer_size "
    "memcached_connect_timeout memcached_gzip_flag memcached_next_upstream_timeout "
    "memcached_next_upstream_tries memcached_pass memcached_read_timeout "
    "memcached_send_timeout memcached_socket_keepalive merge_slashes min_delete_depth "
    "mirror_request_body mp4_buffer_size mp4_max_buffer_size mp4_start_key_frame msie_padding "
    "msie_refresh multi_accept open_file_cache open_file_cache_errors open_file_cache_events "
    "open_file_cache_min_uses open_file_cache_valid open_log_file_cache output_buffers "
    "override_charset pass pcre_jit pid port_in_redirect post_acceptex post_action "
    "postpone_gzipping postpone_output precontent_by_lua_no_postpone preread_buffer_size "
    "preread_by_lua_no_postpone preread_timeout proxy proxy_bind proxy_buffer "
    "proxy_buffer_size proxy_buffering proxy_buffers proxy_busy_buffers_size proxy_cache "
    "proxy_cache_background_update proxy_cache_convert_head proxy_cache_key proxy_cache_lock "
    "proxy_cache_lock_age proxy_cache_lock_timeout proxy_cache_max_range_offset "
    "proxy_cache_min_uses proxy_cache_revalidate proxy_connect_timeout proxy_download_rate "
    "proxy_downstream_buffer proxy_force_ranges proxy_half_close "
    "proxy_headers_hash_bucket_size proxy_headers_hash_max_size proxy_http_version "
    "proxy_ignore_client_abort proxy_intercept_errors proxy_limit_rate "
    "proxy_max_temp_file_size proxy_method proxy_next_upstream_timeout "
    "proxy_next_upstream_tries proxy_pass proxy_pass_error_message proxy_pass_request_body "
    "proxy_pass_request_headers proxy_pass_trailers proxy_protocol proxy_protocol_timeout "
    "proxy_read_timeout proxy_request_buffering proxy_requests proxy_responses "
    "proxy_send_lowat proxy_send_timeout proxy_set_body proxy_smtp_auth "
    "proxy_socket_keepalive proxy_socket_rcvbuf proxy_socket_sndbuf proxy_ssl proxy_ssl_alpn "
    "proxy_ssl_certificate_cache proxy_ssl_ciphers proxy_ssl_crl proxy_ssl_name "
    "proxy_ssl_password_file proxy_ssl_server_name proxy_ssl_session_reuse "
    "proxy_ssl_trusted_certificate proxy_ssl_verify proxy_ssl_verify_depth proxy_store "
    "proxy_store_access proxy_temp_file_write_size proxy_temp_path proxy_timeout "
    "proxy_upload_rate proxy_upstream_buffer quic_active_connection_id_limit quic_bpf "
    "quic_gso quic_host_key quic_retry random_index read_ahead real_ip_recursive "
    "recursive_error_pages referer_hash_bucket_size referer_hash_max_size request_pool_size "
    "reset_timedout_connection resolver resolver_timeout rewrite_by_lua_no_postpone "
    "rewrite_log root satisfy scgi_bind scgi_buffer_size scgi_buffering scgi_buffers "
    "scgi_busy_buffers_size scgi_cache scgi_cache_background_update scgi_cache_key "
    "scgi_cache_lock scgi_cache_lock_age scgi_cache_lock_timeout scgi_cache_max_range_offset "
    "scgi_cache_min_uses scgi_cache_revalidate scgi_connect_timeout scgi_force_ranges "
    "scgi_ignore_client_abort scgi_intercept_errors scgi_limit_rate scgi_max_temp_file_size "
    "scgi_next_upstream_timeout scgi_next_upstream_tries scgi_pass scgi_pass_request_body "
    "scgi_pass_request_headers scgi_read_timeout scgi_request_buffering scgi_send_timeout "
    "scgi_socket_keepalive scgi_socket_rcvbuf scgi_socket_sndbuf scgi_store scgi_store_access "
    "scgi_temp_file_write_size scgi_temp_path secure_link secure_link_md5 secure_link_secret "
    "send_lowat send_timeout sendfile sendfile_max_chunk server_name_in_redirect "
    "server_names_hash_bucket_size server_names_hash_max_size server_tokens "
    "smtp_client_buffer smtp_greeting_delay source_charset ssi ssi_ignore_recycled_buffers "
    "ssi_last_modified ssi_min_file_chunk ssi_silent_errors ssi_value_length ssl ssl_alpn "
    "ssl_buffer_size ssl_certificate_cache ssl_certificate_compression ssl_ciphers "
    "ssl_client_certificate ssl_crl ssl_dhparam ssl_early_data ssl_ecdh_curve ssl_engine "
    "ssl_handshake_timeout ssl_object_cache_inheritable ssl_ocsp ssl_ocsp_cache "
    "ssl_ocsp_responder ssl_password_file ssl_prefer_server_ciphers ssl_preread "
    "ssl_reject_handshake ssl_session_tickets ssl_session_timeout ssl_stapling "
    "ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate "
    "ssl_verify_client ssl_verify_depth starttls sub_filter_last_modified sub_filter_once "
    "subrequest_output_buffer_size tcp_nodelay tcp_nopush timeout timer_resolution try_files "
    "tunnel_bind tunnel_buffer_size tunnel_connect_timeout tunnel_next_upstream_timeout "
    "tunnel_next_upstream_tries tunnel_pass tunnel_read_timeout tunnel_send_lowat "
    "tunnel_send_timeout tunnel_socket_keepalive tunnel_socket_rcvbuf tunnel_socket_sndbuf "
    "types_hash_bucket_size types_hash_max_size underscores_in_headers "
    "uninitialized_variable_warn use user userid userid_domain userid_expires userid_mark "
    "userid_name userid_p3p userid_path userid_service uwsgi_bind uwsgi_buffer_size "
    "uwsgi_buffering uwsgi_buffers uwsgi_busy_buffers_size uwsgi_cache "
    "uwsgi_cache_background_update uwsgi_cache_key uwsgi_cache_lock uwsgi_cache_lock_age "
    "uwsgi_cache_lock_timeout uwsgi_cache_max_range_offset uwsgi_cache_min_uses "
    "uwsgi_cache_revalidate uwsgi_connect_timeout uwsgi_force_ranges "
    "uwsgi_ignore_client_abort uwsgi_intercept_errors uwsgi_limit_rate "
    "uwsgi_max_temp_file_size uwsgi_modifier1 uwsgi_modifier2 uwsgi_next_upstream_timeout "
    "uwsgi_next_upstream_tries uwsgi_pass uwsgi_pass_request_body uwsgi_pass_request_headers "
    "uwsgi_read_timeout uwsgi_request_buffering uwsgi_send_timeout uwsgi_socket_keepalive "
    "uwsgi_socket_rcvbuf uwsgi_socket_sndbuf uwsgi_ssl_certificate "
    "uwsgi_ssl_certificate_cache uwsgi_ssl_certificate_key uwsgi_ssl_ciphers uwsgi_ssl_crl "
    "uwsgi_ssl_name uwsgi_ssl_password_file uwsgi_ssl_server_name uwsgi_ssl_session_reuse "
    "uwsgi_ssl_trusted_certificate uwsgi_ssl_verify uwsgi_ssl_verify_depth uwsgi_store "
    "uwsgi_store_access uwsgi_string uwsgi_temp_file_write_size uwsgi_temp_path "
    "variables_hash_bucket_size variables_hash_max_size worker_aio_requests "
    "worker_connections worker_cpu_affinity worker_priority worker_processes "
    "worker_rlimit_core worker_rlimit_nofile worker_shutdown_timeout working_directory "
    "xclient xml_entities xml_external_entities xslt_last_modified "
)
"""Directives that nginx rejects when they stand in a block twice, in all releases."""

VALUES = (
    (
        "events",
        "flag",
        "accept_mutex acceptex_read multi_accept",
    ),
    (
        "events",
        "msec",
        "accept_mutex_delay",
    ),
    (
        "events",
        "num",
        "devpoll_changes devpoll_events epoll_events eventport_events iocp_threads "
        "kqueue_changes kqueue_events post_acceptex worker_aio_requests",
    ),
    (
        "http",
        "bitmask SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        "grpc_ssl_protocols proxy_ssl_protocols uwsgi_ssl_protocols",
    ),
    (
        "http",
        "bitmask any auth expired no-cache no-store no_etag no_last_modified off private",
        "gzip_proxied",
    ),
    (
        "http",
        "bitmask copy delete mkcol move off put",
        "dav_methods",
    ),
    (
        "http",
        "bitmask error http_403 http_404 http_429 http_500 http_502 http_503 http_504 "
        "invalid_header non_idempotent off timeout",
        "grpc_next_upstream",
    ),
    (
        "http",
        "bitmask error http_403 http_404 http_429 http_500 http_502 http_503 http_504 "
        "invalid_header non_idempotent off timeout updating",
        "proxy_cache_use_stale proxy_next_upstream",
    ),
    (
        "http",
        "bitmask error http_403 http_404 http_429 http_500 http_503 invalid_header "
        "non_idempotent off timeout updating",
        "fastcgi_cache_use_stale fastcgi_next_upstream scgi_cache_use_stale "
        "scgi_next_upstream uwsgi_cache_use_stale uwsgi_next_upstream",
    ),
    (
        "http",
        "bitmask error invalid_response not_found off timeout",
        "memcached_next_upstream",
    ),
    (
        "http",
        "bitmask error off timeout",
        "tunnel_next_upstream",
    ),
    (
        "http",
        "bitmask httponly off samesite=lax samesite=none samesite=strict secure",
        "userid_flags",
    ),
    (
        "http",
        "bitmask msie6 none safari",
        "keepalive_disable",
    ),
    (
        "http",
        "bufs",
        "fastcgi_buffers gunzip_buffers gzip_buffers large_client_header_buffers "
        "output_buffers proxy_buffers scgi_buffers uwsgi_buffers",
    ),
    (
        "http",
        "enum 1.0 1.1",
        "gzip_http_version",
    ),
    (
        "http",
        "enum 1.0 1.1 2 3",
        "proxy_http_version",
    ),
    (
        "http",
        "enum 204 444",
        "degrade",
    ),
    (
        "http",
        "enum all any",
        "satisfy",
    ),
    (
        "http",
        "enum always off on",
        "gzip_static lingering_close",
    ),
    (
        "http",
        "enum before exact off",
        "if_modified_since",
    ),
    (
        "http",
        "enum clean off on",
        "client_body_in_file_only",
    ),
    (
        "http",
        "enum error info notice warn",
        "limit_req_log_level",
    ),
    (
        "http",
        "enum html json jsonp xml",
        "autoindex_format",
    ),
    (
        "http",
        "enum log off on v1",
        "userid",
    ),
    (
        "http",
        "enum merge off on",
        "add_header_inherit add_trailer_inherit",
    ),
    (
        "http",
        "flag",
        "absolute_redirect access_by_lua_no_postpone aio_write autoindex autoindex_exact_size "
        "autoindex_localtime chunked_transfer_encoding client_body_in_single_buffer "
        "create_full_put_path etag fastcgi_buffering fastcgi_cache_background_update "
        "fastcgi_cache_lock fastcgi_cache_revalidate fastcgi_force_ranges "
        "fastcgi_ignore_client_abort fastcgi_intercept_errors fastcgi_keep_conn "
        "fastcgi_pass_request_body fastcgi_pass_request_headers fastcgi_request_buffering "
        "fastcgi_socket_keepalive geoip_proxy_recursive grpc_intercept_errors "
        "grpc_socket_keepalive grpc_ssl_server_name grpc_ssl_session_reuse grpc_ssl_verify "
        "gunzip gzip gzip_no_buffer gzip_vary http2 http3 http3_hq ignore_invalid_headers "
        "image_filter_interlace image_filter_transparency limit_req_dry_run log_not_found "
        "log_subrequest lua_http10_buffering lua_need_request_body "
        "lua_transform_underscores_in_response_headers lua_use_default_type "
        "memcached_socket_keepalive merge_slashes mirror_request_body mp4_start_key_frame "
        "msie_padding msie_refresh open_file_cache_errors open_file_cache_events "
        "override_charset port_in_redirect precontent_by_lua_no_postpone proxy_buffering "
        "proxy_cache_background_update proxy_cache_convert_head proxy_cache_lock "
        "proxy_cache_revalidate proxy_force_ranges proxy_ignore_client_abort "
        "proxy_intercept_errors proxy_pass_request_body proxy_pass_request_headers "
        "proxy_pass_trailers proxy_request_buffering quic_gso quic_retry random_index "
        "real_ip_recursive recursive_error_pages reset_timedout_connection "
        "rewrite_by_lua_no_postpone rewrite_log scgi_buffering scgi_cache_background_update "
        "scgi_cache_lock scgi_cache_revalidate scgi_force_ranges scgi_ignore_client_abort "
        "scgi_intercept_errors scgi_pass_request_body scgi_pass_request_headers "
        "scgi_request_buffering scgi_socket_keepalive sendfile server_name_in_redirect ssi "
        "ssi_ignore_recycled_buffers ssi_last_modified ssi_silent_errors "
        "sub_filter_last_modified sub_filter_once tcp_nopush tunnel_socket_keepalive "
        "underscores_in_headers uninitialized_variable_warn uwsgi_buffering "
        "uwsgi_cache_background_update uwsgi_cache_lock uwsgi_cache_revalidate "
        "uwsgi_force_ranges uwsgi_ignore_client_abort uwsgi_intercept_errors "
        "uwsgi_pass_request_body uwsgi_pass_request_headers uwsgi_request_buffering "
        "uwsgi_socket_keepalive uwsgi_ssl_server_name uwsgi_ssl_session_reuse "
        "uwsgi_ssl_verify xml_external_entities xslt_last_modified",
    ),
    (
        "http",
        "msec",
        "auth_delay client_body_timeout client_header_timeout fastcgi_cache_lock_age "
        "fastcgi_cache_lock_timeout fastcgi_connect_timeout fastcgi_next_upstream_timeout "
        "fastcgi_read_timeout fastcgi_send_timeout grpc_connect_timeout "
        "grpc_next_upstream_timeout grpc_read_timeout grpc_send_timeout keepalive_min_timeout "
        "keepalive_time lingering_time lingering_timeout memcached_connect_timeout "
        "memcached_next_upstream_timeout memcached_read_timeout memcached_send_timeout "
        "proxy_cache_lock_age proxy_cache_lock_timeout proxy_read_timeout proxy_send_timeout "
        "scgi_cache_lock_age scgi_cache_lock_timeout scgi_connect_timeout "
        "scgi_next_upstream_timeout scgi_read_timeout scgi_send_timeout send_timeout "
        "tunnel_connect_timeout tunnel_next_upstream_timeout tunnel_read_timeout "
        "tunnel_send_timeout uwsgi_cache_lock_age uwsgi_cache_lock_timeout "
        "uwsgi_connect_timeout uwsgi_next_upstream_timeout uwsgi_read_timeout "
        "uwsgi_send_timeout",
    ),
    (
        "http",
        "num",
        "fastcgi_cache_min_uses fastcgi_next_upstream_tries grpc_next_upstream_tries "
        "grpc_ssl_verify_depth http2_max_concurrent_streams http2_streams_index_size "
        "http3_max_concurrent_streams keepalive_requests lua_thread_cache_max_entries "
        "lua_worker_thread_vm_pool_size max_headers max_ranges memcached_gzip_flag "
        "memcached_next_upstream_tries min_delete_depth open_file_cache_min_uses "
        "proxy_cache_min_uses proxy_headers_hash_bucket_size proxy_headers_hash_max_size "
        "quic_active_connection_id_limit referer_hash_bucket_size referer_hash_max_size "
        "scgi_cache_min_uses scgi_next_upstream_tries tunnel_next_upstream_tries "
        "types_hash_bucket_size types_hash_max_size userid_service uwsgi_cache_min_uses "
        "uwsgi_next_upstream_tries uwsgi_ssl_verify_depth",
    ),
    (
        "http",
        "num 0 255",
        "uwsgi_modifier1 uwsgi_modifier2",
    ),
    (
        "http",
        "num 1 9",
        "gzip_comp_level",
    ),
    (
        "http",
        "num 400 599",
        "limit_conn_status limit_req_status",
    ),
    (
        "http",
        "off",
        "client_max_body_size directio_alignment fastcgi_cache_max_range_offset "
        "proxy_cache_max_range_offset scgi_cache_max_range_offset "
        "uwsgi_cache_max_range_offset",
    ),
    (
        "http",
        "sec",
        "open_file_cache_valid",
    ),
    (
        "http",
        "size",
        "client_body_buffer_size client_header_buffer_size connection_pool_size "
        "fastcgi_buffer_size fastcgi_busy_buffers_size fastcgi_max_temp_file_size "
        "fastcgi_send_lowat fastcgi_socket_rcvbuf fastcgi_socket_sndbuf "
        "fastcgi_temp_file_write_size grpc_buffer_size grpc_socket_rcvbuf grpc_socket_sndbuf "
        "gzip_hash gzip_min_length gzip_window http2_body_preread_size http2_chunk_size "
        "http2_pool_size http2_recv_buffer_size http3_stream_buffer_size image_filter_buffer "
        "memcached_buffer_size mp4_buffer_size mp4_max_buffer_size postpone_gzipping "
        "postpone_output proxy_busy_buffers_size proxy_max_temp_file_size proxy_send_lowat "
        "proxy_temp_file_write_size read_ahead request_pool_size scgi_buffer_size "
        "scgi_busy_buffers_size scgi_max_temp_file_size scgi_socket_rcvbuf scgi_socket_sndbuf "
        "scgi_temp_file_write_size send_lowat sendfile_max_chunk ssi_min_file_chunk "
        "ssi_value_length ssl_buffer_size subrequest_output_buffer_size tunnel_buffer_size "
        "tunnel_send_lowat tunnel_socket_rcvbuf tunnel_socket_sndbuf uwsgi_buffer_size "
        "uwsgi_busy_buffers_size uwsgi_max_temp_file_size uwsgi_socket_rcvbuf "
        "uwsgi_socket_sndbuf uwsgi_temp_file_write_size",
    ),
    (
        "http mail stream",
        "bitmask SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        "ssl_protocols",
    ),
    (
        "http mail stream",
        "enum off on optional optional_no_ca",
        "ssl_verify_client",
    ),
    (
        "http mail stream",
        "flag",
        "ssl_certificate_compression ssl_prefer_server_ciphers ssl_session_tickets",
    ),
    (
        "http mail stream",
        "msec",
        "resolver_timeout",
    ),
    (
        "http mail stream",
        "num",
        "ssl_verify_depth",
    ),
    (
        "http mail stream",
        "sec",
        "ssl_session_timeout",
    ),
    (
        "http stream",
        "bitmask SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        "lua_ssl_protocols",
    ),
    (
        "http stream",
        "bitmask TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        "js_fetch_protocols",
    ),
    (
        "http stream",
        "enum error info notice warn",
        "limit_conn_log_level",
    ),
    (
        "http stream",
        "enum leaf off on",
        "ssl_ocsp",
    ),
    (
        "http stream",
        "flag",
        "js_fetch_verify limit_conn_dry_run lua_check_client_abort lua_sa_restart "
        "lua_socket_log_errors lua_upstream_skip_openssl_default_verify "
        "proxy_socket_keepalive proxy_ssl_server_name proxy_ssl_session_reuse "
        "proxy_ssl_verify ssl_early_data ssl_reject_handshake ssl_stapling "
        "ssl_stapling_verify tcp_nodelay",
    ),
    (
        "http stream",
        "msec",
        "js_fetch_keepalive_time js_fetch_keepalive_timeout js_fetch_timeout "
        "lua_socket_connect_timeout lua_socket_keepalive_timeout lua_socket_read_timeout "
        "lua_socket_send_timeout proxy_connect_timeout proxy_next_upstream_timeout",
    ),
    (
        "http stream",
        "num",
        "js_fetch_keepalive js_fetch_keepalive_requests js_fetch_verify_depth "
        "lua_max_pending_timers lua_max_running_timers lua_socket_pool_size "
        "lua_ssl_verify_depth map_hash_bucket_size map_hash_max_size "
        "proxy_next_upstream_tries proxy_ssl_verify_depth server_names_hash_bucket_size "
        "server_names_hash_max_size variables_hash_bucket_size variables_hash_max_size",
    ),
    (
        "http stream",
        "size",
        "js_context_reuse js_context_reuse_max_size js_fetch_buffer_size "
        "js_fetch_max_response_buffer_size lua_socket_buffer_size lua_socket_send_lowat "
        "proxy_buffer_size proxy_socket_rcvbuf proxy_socket_sndbuf",
    ),
    (
        "mail",
        "bitmask apop cram-md5 external oauthbearer plain xoauth2",
        "pop3_auth",
    ),
    (
        "mail",
        "bitmask cram-md5 external login none oauthbearer plain xoauth2",
        "smtp_auth",
    ),
    (
        "mail",
        "bitmask cram-md5 external login oauthbearer plain xoauth2",
        "imap_auth",
    ),
    (
        "mail",
        "flag",
        "auth_http_pass_client_cert proxy proxy_pass_error_message proxy_smtp_auth xclient",
    ),
    (
        "mail",
        "msec",
        "auth_http_timeout smtp_greeting_delay timeout",
    ),
    (
        "mail",
        "num",
        "max_errors",
    ),
    (
        "mail",
        "size",
        "imap_client_buffer proxy_buffer smtp_client_buffer",
    ),
    (
        "mail stream",
        "msec",
        "proxy_timeout",
    ),
    (
        "main",
        "enum abort stop",
        "debug_points",
    ),
    (
        "main",
        "flag",
        "daemon master_process pcre_jit quic_bpf ssl_object_cache_inheritable",
    ),
    (
        "main",
        "msec",
        "timer_resolution worker_shutdown_timeout",
    ),
    (
        "main",
        "num",
        "worker_rlimit_nofile",
    ),
    (
        "main",
        "off",
        "worker_rlimit_core",
    ),
    (
        "stream",
        "bitmask DTLSv1 DTLSv1.2 SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        "proxy_ssl_protocols",
    ),
    (
        "stream",
        "flag",
        "preread_by_lua_no_postpone proxy_half_close proxy_next_upstream proxy_ssl "
        "ssl_preread",
    ),
    (
        "stream",
        "msec",
        "preread_timeout proxy_protocol_timeout ssl_handshake_timeout",
    ),
    (
        "stream",
        "num",
        "lua_regex_cache_max_entries lua_regex_match_limit proxy_requests proxy_responses",
    ),
    (
        "stream",
        "size",
        "preread_buffer_size proxy_downstream_buffer proxy_upstream_buffer",
    ),
)
"""Outermost blocks; a function (``flag``: ``ngx_conf_set_flag_slot()``), the
words that it takes, or the least and the greatest number; directives that it alone reads there
in all releases."""

WORDS_SINCE = (
    ((1, 11, 13), "http", "fastcgi_cache_use_stale", "http_429"),
    ((1, 11, 13), "http", "fastcgi_next_upstream", "http_429"),
    ((1, 11, 13), "http", "proxy_cache_use_stale", "http_429"),
    ((1, 29, 4), "http", "proxy_http_version", "2"),
    ((1, 11, 13), "http", "proxy_next_upstream", "http_429"),
    ((1, 13, 0), "http", "proxy_ssl_protocols", "TLSv1.3"),
    ((1, 11, 13), "http", "scgi_cache_use_stale", "http_429"),
    ((1, 11, 13), "http", "scgi_next_upstream", "http_429"),
    ((1, 13, 0), "http", "ssl_protocols", "TLSv1.3"),
    ((1, 11, 13), "http", "uwsgi_cache_use_stale", "http_429"),
    ((1, 11, 13), "http", "uwsgi_next_upstream", "http_429"),
    ((1, 13, 0), "http", "uwsgi_ssl_protocols", "TLSv1.3"),
    ((1, 11, 6), "mail", "imap_auth", "external"),
    ((1, 11, 6), "mail", "pop3_auth", "external"),
    ((1, 11, 6), "mail", "smtp_auth", "external"),
    ((1, 13, 0), "mail", "ssl_protocols", "TLSv1.3"),
    ((1, 13, 0), "stream", "proxy_ssl_protocols", "TLSv1.3"),
    ((1, 13, 0), "stream", "ssl_protocols", "TLSv1.3"),
)
"""Release, outermost block, directive, words: taken only since then."""

SINCE = (
    (
        "nginx", (1, 10, 2), "http server",
        "http2_body_preread_size",
    ),
    (
        "nginx", (1, 11, 2), "stream",
        "map_hash_bucket_size map_hash_max_size variables_hash_bucket_size "
        "variables_hash_max_size",
    ),
    (
        "nginx", (1, 11, 2), "stream_server",
        "return",
    ),
    (
        "nginx", (1, 11, 3), "stream",
        "geoip_city geoip_country geoip_org",
    ),
    (
        "nginx", (1, 11, 3), "stream stream_server",
        "resolver resolver_timeout",
    ),
    (
        "nginx", (1, 11, 4), "stream",
        "log_format",
    ),
    (
        "nginx", (1, 11, 4), "stream stream_server",
        "access_log open_log_file_cache proxy_protocol_timeout set_real_ip_from",
    ),
    (
        "nginx", (1, 11, 5), "stream stream_server",
        "preread_buffer_size preread_timeout ssl_preread",
    ),
    (
        "nginx", (1, 11, 6), "http server",
        "http2_max_requests",
    ),
    (
        "nginx", (1, 11, 6), "http server location",
        "fastcgi_cache_max_range_offset image_filter_webp_quality "
        "proxy_cache_max_range_offset scgi_cache_max_range_offset "
        "uwsgi_cache_max_range_offset",
    ),
    (
        "nginx", (1, 11, 8), "http server location",
        "absolute_redirect",
    ),
    (
        "nginx", (1, 11, 8), "stream stream_server",
        "ssl_client_certificate ssl_crl ssl_trusted_certificate ssl_verify_client "
        "ssl_verify_depth",
    ),
    (
        "nginx", (1, 11, 10), "http server location",
        "fastcgi_cache_background_update proxy_cache_background_update "
        "scgi_cache_background_update uwsgi_cache_background_update",
    ),
    (
        "nginx", (1, 11, 11), "main",
        "worker_shutdown_timeout",
    ),
    (
        "nginx", (1, 13, 2), "http server location if",
        "add_trailer",
    ),
    (
        "nginx", (1, 13, 4), "http server location",
        "mirror mirror_request_body",
    ),
    (
        "nginx", (1, 13, 9), "http server",
        "http2_max_concurrent_pushes",
    ),
    (
        "nginx", (1, 13, 9), "http server location",
        "http2_push http2_push_preload",
    ),
    (
        "nginx", (1, 13, 10), "http server location",
        "grpc_bind grpc_buffer_size grpc_connect_timeout grpc_hide_header grpc_ignore_headers "
        "grpc_intercept_errors grpc_next_upstream grpc_next_upstream_timeout "
        "grpc_next_upstream_tries grpc_pass_header grpc_read_timeout grpc_send_timeout "
        "grpc_set_header grpc_ssl_certificate grpc_ssl_certificate_key grpc_ssl_ciphers "
        "grpc_ssl_crl grpc_ssl_name grpc_ssl_password_file grpc_ssl_protocols "
        "grpc_ssl_server_name grpc_ssl_session_reuse grpc_ssl_trusted_certificate "
        "grpc_ssl_verify grpc_ssl_verify_depth subrequest_output_buffer_size",
    ),
    (
        "nginx", (1, 13, 10), "location if",
        "grpc_pass",
    ),
    (
        "nginx", (1, 15, 1), "upstream stream_upstream",
        "random",
    ),
    (
        "nginx", (1, 15, 3), "http server",
        "ssl_early_data",
    ),
    (
        "nginx", (1, 15, 3), "upstream",
        "keepalive_requests keepalive_timeout",
    ),
    (
        "nginx", (1, 15, 6), "http server location",
        "fastcgi_socket_keepalive grpc_socket_keepalive memcached_socket_keepalive "
        "scgi_socket_keepalive uwsgi_socket_keepalive",
    ),
    (
        "nginx", (1, 15, 6), "http server location stream stream_server",
        "proxy_socket_keepalive",
    ),
    (
        "nginx", (1, 15, 7), "stream stream_server",
        "proxy_requests",
    ),
    (
        "nginx", (1, 17, 1), "http server location",
        "limit_req_dry_run",
    ),
    (
        "nginx", (1, 17, 6), "http server location stream stream_server",
        "limit_conn_dry_run",
    ),
    (
        "nginx", (1, 17, 10), "http server location",
        "auth_delay",
    ),
    (
        "nginx", (1, 19, 0), "http server",
        "ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder",
    ),
    (
        "nginx", (1, 19, 3), "http server location",
        "proxy_cookie_flags userid_flags",
    ),
    (
        "nginx", (1, 19, 3), "stream_server",
        "set",
    ),
    (
        "nginx", (1, 19, 4), "http server",
        "ssl_reject_handshake",
    ),
    (
        "nginx", (1, 19, 4), "http server location",
        "grpc_ssl_conf_command uwsgi_ssl_conf_command",
    ),
    (
        "nginx", (1, 19, 4), "http server location stream stream_server",
        "proxy_ssl_conf_command",
    ),
    (
        "nginx", (1, 19, 4), "http server stream stream_server mail mail_server",
        "ssl_conf_command",
    ),
    (
        "nginx", (1, 19, 4), "mail mail_server",
        "proxy_smtp_auth",
    ),
    (
        "nginx", (1, 19, 8), "mail mail_server",
        "proxy_protocol set_real_ip_from",
    ),
    (
        "nginx", (1, 19, 10), "http server location upstream",
        "keepalive_time",
    ),
    (
        "nginx", (1, 21, 0), "mail mail_server",
        "max_errors",
    ),
    (
        "nginx", (1, 21, 4), "http server location",
        "mp4_start_key_frame",
    ),
    (
        "nginx", (1, 21, 4), "stream stream_server",
        "proxy_half_close ssl_alpn",
    ),
    (
        "nginx", (1, 25, 0), "http server",
        "http3 http3_hq http3_max_concurrent_streams http3_stream_buffer_size "
        "quic_active_connection_id_limit quic_gso quic_host_key quic_retry",
    ),
    (
        "nginx", (1, 25, 0), "main",
        "quic_bpf",
    ),
    (
        "nginx", (1, 25, 1), "http server",
        "http2",
    ),
    (
        "nginx", (1, 25, 5), "stream",
        "server_names_hash_bucket_size server_names_hash_max_size",
    ),
    (
        "nginx", (1, 25, 5), "stream stream_server",
        "ssl_reject_handshake",
    ),
    (
        "nginx", (1, 25, 5), "stream_server",
        "pass server_name",
    ),
    (
        "nginx", (1, 27, 2), "http server location",
        "proxy_pass_trailers",
    ),
    (
        "nginx", (1, 27, 2), "stream stream_server",
        "ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder ssl_stapling ssl_stapling_file "
        "ssl_stapling_responder ssl_stapling_verify",
    ),
    (
        "nginx", (1, 27, 3), "upstream stream_upstream",
        "resolver resolver_timeout",
    ),
    (
        "nginx", (1, 27, 4), "http server location",
        "grpc_ssl_certificate_cache keepalive_min_timeout uwsgi_ssl_certificate_cache",
    ),
    (
        "nginx", (1, 27, 4), "http server location stream stream_server",
        "proxy_ssl_certificate_cache",
    ),
    (
        "nginx", (1, 27, 4), "http server stream stream_server",
        "ssl_certificate_cache",
    ),
    (
        "nginx", (1, 27, 4), "main",
        "ssl_object_cache_inheritable",
    ),
    (
        "nginx", (1, 29, 0), "http server location",
        "early_hints",
    ),
    (
        "nginx", (1, 29, 1), "http server stream stream_server mail mail_server",
        "ssl_certificate_compression",
    ),
    (
        "nginx", (1, 29, 3), "http server location if",
        "add_header_inherit add_trailer_inherit",
    ),
    (
        "nginx", (1, 29, 4), "http server stream stream_server",
        "ssl_ech_file",
    ),
    (
        "nginx", (1, 29, 6), "upstream",
        "sticky",
    ),
    (
        "nginx", (1, 29, 8), "http server",
        "max_headers",
    ),
    (
        "nginx", (1, 31, 0), "http server location",
        "tunnel_bind tunnel_buffer_size tunnel_connect_timeout tunnel_next_upstream "
        "tunnel_next_upstream_timeout tunnel_next_upstream_tries tunnel_read_timeout "
        "tunnel_send_lowat tunnel_send_timeout tunnel_socket_keepalive",
    ),
    (
        "nginx", (1, 31, 0), "server location if",
        "tunnel_pass",
    ),
    (
        "nginx", (1, 31, 0), "stream stream_server",
        "proxy_ssl_alpn",
    ),
    (
        "nginx", (1, 31, 0), "upstream stream_upstream",
        "least_time",
    ),
    (
        "nginx", (1, 31, 3), "http server location",
        "fastcgi_socket_rcvbuf fastcgi_socket_sndbuf grpc_socket_rcvbuf grpc_socket_sndbuf "
        "scgi_socket_rcvbuf scgi_socket_sndbuf tunnel_socket_rcvbuf tunnel_socket_sndbuf "
        "uwsgi_socket_rcvbuf uwsgi_socket_sndbuf xml_external_entities",
    ),
    (
        "nginx", (1, 31, 3), "http server location stream stream_server",
        "proxy_socket_rcvbuf proxy_socket_sndbuf",
    ),
    (
        "nginx", (1, 31, 4), "http server",
        "client_body_early_read",
    ),
    (
        "lua", (0, 10, 9), "http",
        "lua_capture_error_log",
    ),
    (
        "lua", (0, 10, 14), "http",
        "lua_sa_restart",
    ),
    (
        "lua", (0, 10, 15), "http",
        "lua_load_resty_core",
    ),
    (
        "lua", (0, 10, 18), "http",
        "exit_worker_by_lua_block exit_worker_by_lua_file lua_thread_cache_max_entries",
    ),
    (
        "lua", (0, 10, 21), "http",
        "lua_worker_thread_vm_pool_size",
    ),
    (
        "lua", (0, 10, 21), "http server",
        "ssl_client_hello_by_lua_block ssl_client_hello_by_lua_file",
    ),
    (
        "lua", (0, 10, 21), "http server location",
        "lua_ssl_conf_command",
    ),
    (
        "lua", (0, 10, 23), "http server",
        "server_rewrite_by_lua_block server_rewrite_by_lua_file",
    ),
    (
        "lua", (0, 10, 26), "http server location",
        "lua_ssl_certificate lua_ssl_certificate_key",
    ),
    (
        "lua", (0, 10, 27), "upstream",
        "balancer_keepalive",
    ),
    (
        "lua", (0, 10, 29), "http server location",
        "lua_ssl_key_log",
    ),
    (
        "lua", (0, 10, 29), "location if",
        "lua_upstream_skip_openssl_default_verify proxy_ssl_verify_by_lua_block "
        "proxy_ssl_verify_by_lua_file",
    ),
    (
        "lua", (0, 10, 31), "http",
        "precontent_by_lua_no_postpone",
    ),
    (
        "lua", (0, 10, 31), "http server location if",
        "precontent_by_lua_block precontent_by_lua_file",
    ),
    (
        "lua", (0, 10, 31), "location if",
        "proxy_ssl_certificate_by_lua_block proxy_ssl_certificate_by_lua_file",
    ),
    (
        "stream_lua", (0, 0, 4), "stream",
        "lua_add_variable preread_by_lua_no_postpone",
    ),
    (
        "stream_lua", (0, 0, 6), "stream",
        "lua_capture_error_log lua_sa_restart",
    ),
    (
        "stream_lua", (0, 0, 6), "stream stream_server",
        "ssl_certificate_by_lua_block ssl_certificate_by_lua_file",
    ),
    (
        "stream_lua", (0, 0, 7), "stream",
        "lua_load_resty_core",
    ),
    (
        "stream_lua", (0, 0, 11), "stream stream_server",
        "lua_ssl_conf_command ssl_client_hello_by_lua_block ssl_client_hello_by_lua_file",
    ),
    (
        "stream_lua", (0, 0, 14), "stream stream_server",
        "lua_ssl_certificate lua_ssl_certificate_key",
    ),
    (
        "stream_lua", (0, 0, 17), "stream stream_server",
        "lua_ssl_key_log",
    ),
    (
        "stream_lua", (0, 0, 17), "stream_server",
        "lua_upstream_skip_openssl_default_verify proxy_ssl_certificate_by_lua_block "
        "proxy_ssl_certificate_by_lua_file proxy_ssl_verify_by_lua_block "
        "proxy_ssl_verify_by_lua_file",
    ),
    (
        "njs", (0, 1, 3), "stream stream_server",
        "js_access js_filter js_preread",
    ),
    (
        "njs", (0, 3, 0), "http stream",
        "js_path",
    ),
    (
        "njs", (0, 4, 0), "http stream",
        "js_import",
    ),
    (
        "njs", (0, 5, 1), "location limit_except",
        "js_header_filter",
    ),
    (
        "njs", (0, 5, 2), "location limit_except",
        "js_body_filter",
    ),
    (
        "njs", (0, 5, 3), "http stream",
        "js_var",
    ),
    (
        "njs", (0, 7, 0), "http server location stream stream_server",
        "js_fetch_ciphers js_fetch_protocols js_fetch_trusted_certificate "
        "js_fetch_verify_depth",
    ),
    (
        "njs", (0, 7, 4), "http server location stream stream_server",
        "js_fetch_buffer_size js_fetch_max_response_buffer_size js_fetch_timeout "
        "js_fetch_verify",
    ),
    (
        "njs", (0, 7, 7), "if",
        "js_body_filter js_content js_header_filter",
    ),
    (
        "njs", (0, 7, 7), "server location stream_server",
        "js_import js_path js_var",
    ),
    (
        "njs", (0, 7, 8), "http server location stream stream_server",
        "js_preload_object",
    ),
    (
        "njs", (0, 8, 0), "http stream",
        "js_shared_dict_zone",
    ),
    (
        "njs", (0, 8, 1), "location stream_server",
        "js_periodic",
    ),
    (
        "njs", (0, 8, 6), "http server location stream stream_server",
        "js_context_reuse js_engine",
    ),
    (
        "njs", (0, 9, 1), "http server location stream stream_server",
        "js_context_reuse_max_size",
    ),
    (
        "njs", (0, 9, 2), "http server location stream stream_server",
        "js_fetch_keepalive js_fetch_keepalive_requests js_fetch_keepalive_time "
        "js_fetch_keepalive_timeout",
    ),
    (
        "njs", (0, 9, 4), "http server location stream stream_server",
        "js_fetch_proxy",
    ),
    (
        "njs", (0, 9, 5), "main",
        "js_load_http_native_module js_load_stream_native_module",
    ),
    (
        "njs", (0, 9, 9), "location if limit_except",
        "js_access",
    ),
)
"""Component, release, kinds of blocks, directives: since that release it allows
them in such blocks, where that is later than the first release that was read."""
