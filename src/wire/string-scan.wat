;; Looks through text sixteen bytes at a time. The first 256 bytes of memory tell what a byte means behind a backslash:
;; 1 = it is an escape, 2 = four hex digits follow, 4 = it is a hex digit. The next 256 hold the byte such an escape stands for, if
;; it is one byte.
(module
  (memory (export "memory") 1)

  ;; Where the first byte stands that ends a string or may break it: a quote, a control character, a backslash with no known
  ;; escape behind it or one of which less than six bytes are here. At or behind $end if there is none.
  (func (export "stringStop") (param $at i32) (param $end i32) (result i32)
    (local $bytes v128) (local $found i32) (local $escape i32)
    (block $stop
      (loop $next
        (br_if $stop (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $found (i8x16.bitmask
          (v128.or
            (v128.or
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x22)))    ;; "
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x5c))))   ;; \
            (i8x16.lt_u (local.get $bytes) (i8x16.splat (i32.const 0x20)))))) ;; control characters
        (if (i32.eqz (local.get $found))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $next)))
        (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $found))))
        (br_if $stop (i32.gt_u (i32.add (local.get $at) (i32.const 6)) (local.get $end)))
        (br_if $stop (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x5c)))
        (local.set $escape (i32.load8_u (i32.load8_u offset=1 (local.get $at))))
        (if (i32.and (local.get $escape) (i32.const 1))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 2)))
            (br $next)))
        (br_if $stop (i32.eqz (i32.and (local.get $escape) (i32.const 2))))
        (br_if $stop (i32.eqz (i32.and (i32.const 4)
          (i32.and
            (i32.and
              (i32.load8_u (i32.load8_u offset=2 (local.get $at)))
              (i32.load8_u (i32.load8_u offset=3 (local.get $at))))
            (i32.and
              (i32.load8_u (i32.load8_u offset=4 (local.get $at)))
              (i32.load8_u (i32.load8_u offset=5 (local.get $at))))))))
        (local.set $at (i32.add (local.get $at) (i32.const 6)))
        (br $next)))
    (local.get $at))

  ;; Writes the text of a string to $to and stops at a backslash that begins no escape of one byte, or ends the block. How many bytes
  ;; it took, times 65,536, and how many it wrote.
  (func (export "unescape") (param $at i32) (param $end i32) (param $to i32) (result i32)
    (local $from i32) (local $first i32) (local $bytes v128) (local $found i32) (local $byte i32)
    (local.set $from (local.get $at))
    (local.set $first (local.get $to))
    (block $stop
      (loop $next
        (br_if $stop (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (v128.store (local.get $to) (local.get $bytes))
        (local.set $found (i8x16.bitmask (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x5c)))))
        (if (i32.eqz (local.get $found))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (br $next)))
        (local.set $found (i32.ctz (local.get $found)))
        (local.set $at (i32.add (local.get $at) (local.get $found)))
        (local.set $to (i32.add (local.get $to) (local.get $found)))
        (br_if $stop (i32.ge_u (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
        (local.set $byte (i32.load8_u offset=256 (i32.load8_u offset=1 (local.get $at))))
        (br_if $stop (i32.eqz (local.get $byte)))
        (i32.store8 (local.get $to) (local.get $byte))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (if (i32.gt_u (local.get $at) (local.get $end)) ;; what it sees behind the end is of an older text
      (then
        (local.set $to (i32.sub (local.get $to) (i32.sub (local.get $at) (local.get $end))))
        (local.set $at (local.get $end))))
    (i32.or
      (i32.shl (i32.sub (local.get $at) (local.get $from)) (i32.const 16))
      (i32.sub (local.get $to) (local.get $first))))

  ;; Where the first sixteen bytes begin of which one is no digit of base64; at or behind $end if all are.
  (func (export "base64Stop") (param $at i32) (param $end i32) (result i32)
    (local $bytes v128)
    (block $stop
      (loop $next
        (br_if $stop (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (br_if $stop (i32.eqz (i8x16.all_true
          (v128.or
            (v128.or
              (i8x16.lt_u ;; a letter, in lower case
                (i8x16.sub (v128.or (local.get $bytes) (i8x16.splat (i32.const 0x20))) (i8x16.splat (i32.const 0x61)))
                (i8x16.splat (i32.const 26)))
              (i8x16.lt_u ;; 0 to 9, and the slash before them
                (i8x16.sub (local.get $bytes) (i8x16.splat (i32.const 0x2f)))
                (i8x16.splat (i32.const 11))))
            (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x2b)))))))  ;; +
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.get $at)))
