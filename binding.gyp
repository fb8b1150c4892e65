{
  "variables": {
    "gips_test%": 0,
    "gips_sanitize%": 0
  },
  "target_defaults": {
    "include_dirs": ["addon", "<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "conditions": [
      ["OS=='linux'", {
        "include_dirs": ["addon/platform/linux", "addon/platform/posix"],
        "cflags!": ["-fno-omit-frame-pointer"],
        "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
        "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-std=c++20"],
        "cflags_cc": ["-std=c++17", "-fno-exceptions"]
      }],
      ["OS=='win'", {
        "include_dirs": ["addon/platform/windows"],
        "defines": ["_WIN32_WINNT=0x0A00", "WIN32_LEAN_AND_MEAN", "NOMINMAX"],
        "libraries": ["-ladvapi32.lib", "-lntdll.lib", "-lws2_32.lib"],
        "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++17", "/Zc:__cplusplus"], "WarningLevel": 4 } }
      }],
      # Not for users: a compiler younger than this code may know new warnings.
      ["OS=='linux' and gips_test==1", { "cflags": ["-Werror"] }],
      ["gips_sanitize==1", {
        "cflags": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1"],
        "ldflags": ["-fsanitize=address,undefined"]
      }]
    ]
  },
  "targets": [
    {
      "target_name": "gips",
      "sources": [
        "addon/core/frame.cc",
        "addon/core/inbox.cc",
        "addon/core/outbox.cc",
        "addon/core/outbox_flush.cc",
        "addon/core/outbox_slots.cc",
        "addon/core/ring.cc",
        "addon/binding/addon.cc",
        "addon/binding/arena.cc",
        "addon/binding/channel_ring.cc",
        "addon/binding/environment.cc",
        "addon/binding/exposed_buffer.cc",
        "addon/binding/helper_pool.cc",
        "addon/binding/native_acceptor.cc",
        "addon/binding/native_channel.cc",
        "addon/binding/native_channel_receive.cc",
        "addon/binding/native_channel_ring.cc",
        "addon/binding/native_channel_send.cc",
        "addon/binding/native_credentials.cc",
        "addon/binding/native_descriptor.cc",
        "addon/binding/native_mutex.cc",
        "addon/binding/native_region.cc",
        "addon/binding/native_selector.cc",
        "addon/binding/native_wait.cc",
        "addon/binding/waiting.cc"
      ],
      "conditions": [
        ["OS=='linux'", {
          "sources": [
            "addon/platform/linux/acceptor.cc",
            "addon/platform/linux/bell.cc",
            "addon/platform/linux/cores.cc",
            "addon/platform/linux/credentials.cc",
            "addon/platform/linux/datagram.cc",
            "addon/platform/linux/large_memory.cc",
            "addon/platform/linux/memory_file.cc",
            "addon/platform/linux/memory_slots.cc",
            "addon/platform/linux/futex.cc",
            "addon/platform/linux/one_writer_memory.cc",
            "addon/platform/linux/region.cc",
            "addon/platform/linux/ring_link.cc",
            "addon/platform/linux/robust_owner.cc",
            "addon/platform/linux/robust_wait.cc",
            "addon/platform/linux/robust_word.cc",
            "addon/platform/linux/selector.cc",
            "addon/platform/linux/transport.cc",
            "addon/platform/linux/transport_ring.cc",
            "addon/platform/posix/describe.cc",
            "addon/platform/posix/helper_thread.cc",
            "addon/platform/posix/loop_source.cc",
            "addon/platform/posix/mapping.cc",
            "addon/platform/posix/spin.cc",
            "addon/platform/posix/users.cc"
          ]
        }],
        ["OS=='win'", {
          "sources": [
            "addon/platform/windows/acceptor.cc",
            "addon/platform/windows/completion_port.cc",
            "addon/platform/windows/cores.cc",
            "addon/platform/windows/credentials.cc",
            "addon/platform/windows/datagram.cc",
            "addon/platform/windows/delay_load.cc",
            "addon/platform/windows/describe.cc",
            "addon/platform/windows/descriptor.cc",
            "addon/platform/windows/handle_broker.cc",
            "addon/platform/windows/handle_exchange.cc",
            "addon/platform/windows/helper_thread.cc",
            "addon/platform/windows/large_memory.cc",
            "addon/platform/windows/last_failure.cc",
            "addon/platform/windows/loop_source.cc",
            "addon/platform/windows/peer_process.cc",
            "addon/platform/windows/pipe.cc",
            "addon/platform/windows/pipe_security.cc",
            "addon/platform/windows/readiness.cc",
            "addon/platform/windows/ring_link.cc",
            "addon/platform/windows/selector.cc",
            "addon/platform/windows/spin.cc",
            "addon/platform/windows/token.cc",
            "addon/platform/windows/transport.cc",
            "addon/platform/windows/users.cc",
            "addon/platform/windows/lock_keeper.cc",
            "addon/platform/windows/mapping.cc",
            "addon/platform/windows/region.cc",
            "addon/platform/windows/region_annex.cc",
            "addon/platform/windows/region_users.cc",
            "addon/platform/windows/robust_owner.cc",
            "addon/platform/windows/robust_wait.cc",
            "addon/platform/windows/robust_word.cc",
            "addon/platform/windows/section.cc",
            "addon/platform/windows/section_security.cc",
            "addon/platform/windows/security.cc",
            "addon/platform/windows/shared_wait.cc",
            "addon/platform/windows/wait_table.cc",
            "addon/platform/windows/wide_string.cc"
          ]
        }]
      ]
    }
  ],
  "conditions": [
    ["OS=='win' and gips_test==1", {
      "targets": [
        {
          "target_name": "windows_facts",
          "sources": [
            "addon/platform/windows/delay_load.cc",
            "addon/platform/windows/section.cc",
            "addon/platform/windows/security.cc",
            "addon/test/windows_facts.cc",
            "addon/test/windows_sections.cc"
          ]
        }
      ]
    }],
    ["gips_test==1", {
      "targets": [
        {
          "target_name": "gips_test",
          "sources": [
            "addon/core/frame.cc",
            "addon/core/inbox.cc",
            "addon/core/outbox.cc",
            "addon/core/outbox_flush.cc",
            "addon/core/outbox_slots.cc",
            "addon/core/ring.cc",
            "addon/test/addon.cc",
            "addon/test/ring_harass.cc",
            "addon/test/ring_model.cc",
            "addon/test/ring_stress.cc"
          ],
          "conditions": [
            ["OS=='linux'", { "sources": ["addon/platform/linux/large_memory.cc"] }],
            ["OS=='win'", { "sources": ["addon/platform/windows/large_memory.cc", "addon/platform/windows/delay_load.cc"] }]
          ]
        },
        {
          "target_name": "bare_peer",
          "type": "executable",
          "sources": ["test/programs/bare-peer.cc"]
        },
        {
          "target_name": "ring_peer",
          "type": "executable",
          "sources": ["test/programs/ring-peer.cc"]
        },
        {
          "target_name": "faults",
          "type": "shared_library",
          "sources": ["test/programs/faults.cc"]
        }
      ]
    }]
  ]
}
