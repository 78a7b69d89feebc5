package com.example.reader.store;

import android.content.Context;
import android.provider.Settings;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** The books of this device. In classes2.dex. */
public final class Shelf {
    private final List<Book> books = new ArrayList<>();
    private final String owner;

    private Shelf(String owner) {
        this.owner = owner;
    }

    public static Shelf open(Context context) {
        Shelf shelf = new Shelf(Settings.Secure.getString(context.getContentResolver(), Settings.Secure.ANDROID_ID));
        File[] files = context.getFilesDir().listFiles();
        if (files != null) {
            for (File file : files) {
                shelf.books.add(new Book(file.getName(), file.length()));
            }
        }
        return shelf;
    }

    public int size() {
        return books.size();
    }

    public String owner() {
        return owner;
    }
}
