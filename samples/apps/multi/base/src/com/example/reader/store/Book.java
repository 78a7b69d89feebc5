package com.example.reader.store;

/** One book. In classes2.dex. */
final class Book {
    final String name;
    final long bytes;

    Book(String name, long bytes) {
        this.name = name;
        this.bytes = bytes;
    }
}
